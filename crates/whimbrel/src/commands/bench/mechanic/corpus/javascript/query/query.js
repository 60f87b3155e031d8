'use strict';

/** Query strings and paths of URLs. */

function decode(text) {
  return decodeURIComponent(text.replace(/\+/g, ' '));
}

function encode(value) {
  return encodeURIComponent(String(value)).replace(/%20/g, '+');
}

/** `a=1&b=2&a=3` → `{ a: ['1', '3'], b: '2' }`; `c[]` is a list even with one value. */
function parse(text) {
  const result = {};
  const start = text.startsWith('?') ? 1 : 0;
  for (const pair of text.slice(start).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const rawKey = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    let key = decode(rawKey);
    const isList = key.endsWith('[]');
    if (isList) key = key.slice(0, -2);
    add(result, key, value, isList);
  }
  return result;
}

function add(result, key, value, isList) {
  if (!Object.hasOwn(result, key)) {
    result[key] = isList ? [value] : value;
  } else if (Array.isArray(result[key])) {
    result[key].push(value);
  } else {
    result[key] = [result[key], value];
  }
}

function stringify(values) {
  const pairs = [];
  for (const key of Object.keys(values).sort()) {
    const value = values[key];
    if (value === undefined || value === null) continue;
    if (Array.isArray(value)) {
      for (const one of value) pairs.push(`${encode(key)}=${encode(one)}`);
    } else {
      pairs.push(`${encode(key)}=${encode(value)}`);
    }
  }
  return pairs.join('&');
}

/** Without `.`, `..` and double slashes. */
function normalise(path) {
  const absolute = path.startsWith('/');
  const kept = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      kept.push(part);
    } else if (kept.length > 0 && kept[kept.length - 1] !== '..') {
      kept.pop();
    } else if (!absolute) {
      kept.push('..');
    }
  }
  const joined = kept.join('/');
  if (absolute) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

/** `/users/:id/files` against `/users/7/files` → `{ id: '7' }`; null where it doesn't match. */
function match(pattern, path) {
  const wanted = normalise(pattern).split('/');
  const given = normalise(path).split('/');
  if (wanted.length !== given.length) return null;
  const names = {};
  for (let i = 0; i < wanted.length; i += 1) {
    if (wanted[i].startsWith(':')) {
      names[wanted[i].slice(1)] = decode(given[i]);
    } else if (wanted[i] !== given[i]) {
      return null;
    }
  }
  return names;
}

module.exports = { parse, stringify, normalise, match };
