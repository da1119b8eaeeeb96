// A grpc-js server that behaves as EchoService.cs does. Tells its port, and what happens to hanging calls, as lines of JSON.
import { Echo, grpc, say } from './echo.mjs';

const settings = JSON.parse(process.argv[2] ?? '{}');

function begin(call) {
  const headers = new grpc.Metadata();
  const trailers = new grpc.Metadata();
  for (const name of Object.keys(call.metadata.getMap())) {
    if (!name.startsWith('echo-')) continue;
    for (const value of call.metadata.get(name)) {
      headers.add(name, value);
      trailers.add(`trailing-${name}`, value);
    }
  }
  call.sendMetadata(headers);
  const deadline = call.getDeadline();
  const remaining = deadline === Infinity ? 0 : Math.ceil(Number(deadline) - Date.now());
  return { trailers, remaining };
}

function failureOf(ask, trailers) {
  if (!ask.fail) return null;
  const metadata = trailers.clone();
  if (ask.fail.details.length > 0) metadata.add('grpc-status-details-bin', ask.fail.details);
  return { code: ask.fail.code, details: ask.fail.message, metadata };
}

function hang(call, ask) {
  say({ hanging: ask.text });
  call.on('cancelled', () => say({ cancelled: ask.text }));
}

const replyTo = (ask, number, remaining) => ({
  text: ask.text,
  payload: ask.reply_bytes > 0 ? Buffer.alloc(ask.reply_bytes) : ask.payload,
  number,
  remaining_ms: remaining,
});

function Say(call, done) {
  const { trailers, remaining } = begin(call);
  if (call.request.hang) return hang(call, call.request);
  const failure = failureOf(call.request, trailers);
  failure ? done(failure) : done(null, replyTo(call.request, 0, remaining), trailers);
}

function Expand(call) {
  const { trailers, remaining } = begin(call);
  const ask = call.request;
  for (let i = 0; i < ask.times; i++) call.write(replyTo(ask, i, remaining));
  if (ask.hang) return hang(call, ask);
  const failure = failureOf(ask, trailers);
  failure ? call.emit('error', failure) : call.end(trailers);
}

function Collect(call, done) {
  const { trailers, remaining } = begin(call);
  const reply = { text: '', number: 0, total_bytes: 0, remaining_ms: remaining };
  let over = false;
  call.on('data', (ask) => {
    if (over) return;
    over = ask.hang || ask.fail !== null;
    if (ask.hang) return hang(call, ask);
    const failure = failureOf(ask, trailers);
    if (failure) return done(failure);
    reply.text += ask.text;
    reply.number++;
    reply.total_bytes += ask.payload.length;
  });
  call.on('end', () => over || done(null, reply, trailers));
}

function Chat(call) {
  const { trailers, remaining } = begin(call);
  let number = 0;
  let over = false;
  call.on('data', (ask) => {
    if (over) return;
    over = ask.hang || ask.fail !== null;
    if (ask.hang) return hang(call, ask);
    const failure = failureOf(ask, trailers);
    if (failure) return call.emit('error', failure);
    call.write(replyTo(ask, number++, remaining));
  });
  call.on('end', () => over || call.end(trailers));
}

const server = new grpc.Server(settings.options);
server.addService(Echo.service, { Say, Expand, Collect, Chat });
const credentials = settings.tls
  ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(settings.tls.certificate), private_key: Buffer.from(settings.tls.key) }])
  : grpc.ServerCredentials.createInsecure();
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) throw error;
  say({ port });
});
process.stdin.resume();
