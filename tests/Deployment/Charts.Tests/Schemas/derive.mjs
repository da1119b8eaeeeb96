// Derives kubernetes.json and dapr.json, the schemas that rendered objects are held against: the types alone, without descriptions, and closed, so that an
// unknown field fails as it does with the API server's strict field validation.
//   node derive.mjs NODE_MODULES CRDS   with kubernetes-models and @kubernetes-models/{keda,gateway-api,prometheus-operator} below NODE_MODULES and
//                                       Dapr's CRDs, as JSON, below CRDS
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const [modules, crds] = process.argv.slice(2).map(path => resolve(path));
const kinds = {
  'kubernetes-models': ['v1/Service', 'v1/ServiceAccount', 'v1/ConfigMap', 'v1/Secret', 'v1/Pod', 'v1/PersistentVolumeClaim', 'apps/v1/Deployment', 'batch/v1/Job',
    'policy/v1/PodDisruptionBudget', 'autoscaling/v2/HorizontalPodAutoscaler', 'networking.k8s.io/v1/NetworkPolicy', 'networking.k8s.io/v1/Ingress', 'v1/Namespace',
    'apps/v1/StatefulSet'],
  '@kubernetes-models/keda': ['keda.sh/v1alpha1/ScaledObject', 'keda.sh/v1alpha1/TriggerAuthentication'],
  '@kubernetes-models/gateway-api': ['gateway.networking.k8s.io/v1/Gateway', 'gateway.networking.k8s.io/v1/HTTPRoute'],
  '@kubernetes-models/prometheus-operator': ['monitoring.coreos.com/v1/ServiceMonitor', 'monitoring.coreos.com/v1/PodMonitor', 'monitoring.coreos.com/v1/PrometheusRule'],
};
const defs = {};

// A declaration file → schema of its first interface or type alias; the reference to it.
function define(file) {
  const name = relative(modules, file).replace(/\.d\.ts$/, '').replaceAll('node_modules/', '').replaceAll('/', '.').replaceAll('@', '');
  if (name in defs) return { $ref: `#/$defs/${name}` };
  defs[name] = {};
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const imports = Object.fromEntries([...text.matchAll(/import \{([^}]*)\} from "([^"]+)"/g)]
    .flatMap(([, names, from]) => names.split(',').map(n => [n.trim(), from])));
  const start = text.match(/export (?:interface \w+(?: extends \w+)? |(?:declare )?type \w+(?:<[^>]*>)? = )/);
  if (!start) throw new Error(`${file} declares no type`);
  defs[name] = parse(text.slice(start.index + start[0].length), type => resolveType(type, imports, file));
  return { $ref: `#/$defs/${name}` };
}

function resolveType(type, imports, file) {
  if (/Quantity$/.test(type)) return { type: ['string', 'number'] };
  if (/IntOrString$/.test(type)) return { type: ['integer', 'string'] };
  if (/(MetaV1|Meta)Time$|MicroTime$/.test(type)) return { type: 'string' };
  if (/FieldsV1$|JSON$|RawExtension$/.test(type)) return {};
  const from = imports[type];
  if (!from) throw new Error(`${file}: unknown type ${type}`);
  if (from.startsWith('.')) return define(join(dirname(file), from.replace(/\.js$/, '') + '.d.ts'));
  for (let folder = dirname(file); folder.startsWith(modules); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', from.replace(/\.js$/, '') + '.d.ts');
    try { readFileSync(path); return define(path); } catch { /* one folder up */ }
  }
  return define(join(modules, from.replace(/\.js$/, '') + '.d.ts'));
}

// A small recursive-descent parser of what these files use: literals, arrays, maps, inline objects, unions, references.
function parse(text, reference) {
  let at = 0;
  const space = () => { while (/\s/.test(text[at] ?? '')) at++; };
  const take = token => { space(); if (!text.startsWith(token, at)) return false; at += token.length; return true; };
  const need = token => { if (!take(token)) throw new Error(`expected ${token} at ${text.slice(at, at + 60)}`); };
  const skip = () => {
    for (let depth = 0; at < text.length; at++) {
      if (depth === 0 && /[>;),|&]/.test(text[at])) return;
      if (/[({[<]/.test(text[at])) depth++;
      else if (/[)}\]>]/.test(text[at])) depth--;
    }
  };
  const union = () => {
    const all = [];
    take('|');
    do { all.push(one()); while (take('&')) skip(); } while (take('|')); // what an intersection adds only narrows its first part
    const parts = all.filter(p => p.type !== 'null');
    if (parts.length === 1) return parts[0];
    if (parts.every(p => 'const' in p)) return { enum: parts.map(p => p.const) };
    if (parts.every(p => typeof p.type === 'string' && Object.keys(p).length === 1)) return { type: [...new Set(parts.map(p => p.type))] };
    return { anyOf: parts };
  };
  const one = () => {
    space();
    if (text[at] === '"') { const end = text.indexOf('"', at + 1); const value = text.slice(at + 1, end); at = end + 1; return { const: value }; }
    if (take('{')) return object();
    if (take('(')) { const inner = union(); need(')'); return inner; }
    const word = /^[\w.]+/.exec(text.slice(at))?.[0];
    if (!word) throw new Error(`no type at ${text.slice(at, at + 60)}`);
    at += word.length;
    if (word === 'Array') { need('<'); const items = union(); need('>'); return { type: 'array', items }; }
    if (word === 'Record') { need('<'); union(); need(','); const value = union(); need('>'); return { type: 'object', additionalProperties: value }; }
    if (['string', 'number', 'boolean', 'null'].includes(word)) return { type: word };
    if (['any', 'unknown', 'object'].includes(word)) return {};
    if (/^\d+$/.test(word)) return { const: Number(word) };
    if (word === 'true' || word === 'false') return { const: word === 'true' };
    return reference(word);
  };
  const object = () => {
    const properties = {}, required = [];
    let map;
    while (!take('}')) {
      if (take('[')) { at = text.indexOf(']', at) + 1; need(':'); map = union(); take(';'); continue; }
      need('"');
      const end = text.indexOf('"', at), name = text.slice(at, end);
      at = end + 1;
      const optional = take('?');
      need(':');
      properties[name] = union();
      if (!optional) required.push(name);
      take(';');
    }
    if (map && Object.keys(properties).length === 0) return { type: 'object', additionalProperties: map };
    return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: map ?? false };
  };
  return union();
}

// A CRD's own schema, closed: structural schemas prune unknown fields, strict validation refuses them.
function close(schema) {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.fromEntries(Object.entries(schema).filter(([key, value]) => key !== 'description' || typeof value !== 'string').map(([k, v]) => [k, close(v)]));
  if (kept['x-kubernetes-preserve-unknown-fields'] || kept['x-kubernetes-int-or-string']) return {};
  if (kept.type === 'object' && kept.properties && kept.additionalProperties === undefined) kept.additionalProperties = false;
  for (const key of Object.keys(kept)) if (key.startsWith('x-kubernetes-') || key === 'format') delete kept[key];
  return kept;
}

const write = (file, root) => writeFileSync(file, JSON.stringify(root, null, 1).replace(/\n\s+/g, m => m.length > 4 ? ' ' : m) + '\n');
const kubernetes = {};
for (const [module, files] of Object.entries(kinds))
  for (const file of files) kubernetes[file] = define(join(modules, module, file + '.d.ts'));
write('kubernetes.json', { kinds: kubernetes, $defs: defs });

const dapr = {};
for (const file of readdirSync(crds)) {
  const crd = JSON.parse(readFileSync(join(crds, file), 'utf8'));
  for (const version of crd.spec.versions) {
    const schema = close(version.schema.openAPIV3Schema);
    schema.properties.metadata = { type: 'object' };
    dapr[`${crd.spec.group}/${version.name}/${crd.spec.names.kind}`] = schema;
  }
}
write('dapr.json', { kinds: dapr });
