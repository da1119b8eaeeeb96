// A grpc-js client that makes the calls which its parent asks for, one line of JSON each, and tells how each ended.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Echo, grpc, say } from './echo.mjs';

const settings = JSON.parse(process.argv[2]);
const credentials = settings.root ? grpc.credentials.createSsl(Buffer.from(settings.root)) : grpc.credentials.createInsecure();
const client = new Echo(settings.target, credentials, settings.options);
const calls = new Map();

const askOf = ({ payload_size: size, ...ask }) => (size ? { ...ask, payload: Buffer.alloc(size, 'payload ') } : ask);

const describe = (reply) => ({
  ...reply,
  payload: undefined,
  payload_size: reply.payload.length,
  payload_sha256: createHash('sha256').update(reply.payload).digest('hex'),
});

function metadataOf(entries = []) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of entries) metadata.add(name, name.endsWith('-bin') ? Buffer.from(value, 'hex') : value);
  return metadata;
}

const entriesOf = (metadata) =>
  Object.keys(metadata?.getMap() ?? {}).flatMap((name) =>
    metadata.get(name).map((value) => [name, typeof value === 'string' ? value : value.toString('hex')]));

function run({ id, method, asks, metadata, deadline_ms: deadlineMs }) {
  return new Promise((resolve) => {
    const outcome = { id, replies: [] };
    const take = (reply) => outcome.replies.push(describe(reply));
    const answered = (error, reply) => reply && take(reply);
    const options = deadlineMs ? { deadline: Date.now() + deadlineMs } : {};
    const streams = method === 'Collect' || method === 'Chat';
    const input = streams ? [] : [askOf(asks[0])];
    const callback = method === 'Say' || method === 'Collect' ? [answered] : [];
    const call = client[method](...input, metadataOf(metadata), options, ...callback);
    calls.set(id, call);
    call.on('metadata', (headers) => (outcome.headers = entriesOf(headers)));
    if (callback.length === 0) call.on('data', take).on('error', () => {});
    call.on('status', (status) => {
      calls.delete(id);
      resolve({ ...outcome, code: status.code, details: status.details, trailers: entriesOf(status.metadata) });
    });
    if (streams) {
      for (const ask of asks) call.write(askOf(ask));
      call.end();
    }
  });
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line);
  if (command.cancel) return calls.get(command.id)?.cancel();
  if (!command.times) return say(await run(command));
  // Many at once: only how many ended with which code is told.
  const outcomes = await Promise.all(Array.from({ length: command.times }, (_, i) => run({ ...command, id: `${command.id}/${i}` })));
  const codes = {};
  for (const { code } of outcomes) codes[code] = (codes[code] ?? 0) + 1;
  say({ id: command.id, codes });
});
say({ ready: true });
