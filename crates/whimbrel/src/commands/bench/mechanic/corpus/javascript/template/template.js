'use strict';

/** Small text templates: `{name}`, `{name|upper}`, `{#list}…{/list}`, `{?flag}…{/flag}`. */

const FILTERS = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  trim: (text) => text.trim(),
  title: (text) => text.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  html: (text) => escapeHtml(text),
};

function escapeHtml(text) {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

function lookup(path, scope) {
  let value = scope;
  for (const key of path.split('.')) {
    if (value === null || value === undefined) return undefined;
    value = value[key];
  }
  return value;
}

function parts(text) {
  const found = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    if (open < 0) break;
    const close = text.indexOf('}', open);
    if (close < 0) throw new SyntaxError(`{ at ${open} isn't closed`);
    if (open > at) found.push({ kind: 'text', value: text.slice(at, open) });
    found.push(tag(text.slice(open + 1, close)));
    at = close + 1;
  }
  if (at < text.length) found.push({ kind: 'text', value: text.slice(at) });
  return found;
}

function tag(inside) {
  const sign = inside[0];
  if (sign === '#') return { kind: 'each', value: inside.slice(1) };
  if (sign === '?') return { kind: 'if', value: inside.slice(1) };
  if (sign === '/') return { kind: 'end', value: inside.slice(1) };
  const [value, ...filters] = inside.split('|').map((one) => one.trim());
  return { kind: 'value', value, filters };
}

function tree(list, until = null) {
  const nodes = [];
  while (list.length > 0) {
    const part = list.shift();
    if (part.kind === 'end') {
      if (part.value !== until) throw new SyntaxError(`{/${part.value}} ends nothing`);
      return nodes;
    }
    if (part.kind === 'each' || part.kind === 'if') part.inside = tree(list, part.value);
    nodes.push(part);
  }
  if (until !== null) throw new SyntaxError(`{/${until}} is missing`);
  return nodes;
}

function fill(nodes, scope) {
  return nodes.map((node) => fillOne(node, scope)).join('');
}

function fillOne(node, scope) {
  if (node.kind === 'text') return node.value;
  const value = lookup(node.value, scope);
  if (node.kind === 'if') return value ? fill(node.inside, scope) : '';
  if (node.kind === 'each') {
    const list = Array.isArray(value) ? value : [];
    return list
      .map((item, index) => fill(node.inside, { ...scope, item, index: index + 1 }))
      .join('');
  }
  let text = value === undefined || value === null ? '' : String(value);
  for (const name of node.filters) {
    if (!(name in FILTERS)) throw new ReferenceError(`no filter ${name}`);
    text = FILTERS[name](text);
  }
  return text;
}

function render(text, scope = {}) {
  return fill(tree(parts(text)), scope);
}

module.exports = { render, escapeHtml, lookup };
