// Leads imports of node:test to our own runner.

const OURS = new URL('node_test.mjs', import.meta.url).href;

export async function resolve(specifier, context, next) {
  if (specifier === 'node:test' && context.parentURL !== OURS) {
    return { url: OURS, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}
