// The service of echo.proto for @grpc/grpc-js, loaded as its users load theirs.
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const proto = fileURLToPath(new URL('../Echo/echo.proto', import.meta.url));
const definition = loader.loadSync(proto, { keepCase: true, longs: Number, defaults: true });

export const Echo = grpc.loadPackageDefinition(definition).minigrpc.echo.Echo;
export { grpc };

export function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

// The parent holds our input open as long as it lives.
process.stdin.on('end', () => process.exit(0));
