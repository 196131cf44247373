import { createConnection } from 'node:net';

/** FastCGI 1.0: record types and the role of one that answers a request. */
const BEGIN_REQUEST = 1;
const END_REQUEST = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const RESPONDER = 1;
const HEADER_BYTES = 8;

/** Asks a FastCGI server on a Unix socket for one script; resolves with what it answers, headers and all. */
export function requestScript(socket: string, script: string): Promise<string> {
  const parameters = { REQUEST_METHOD: 'GET', SCRIPT_FILENAME: script, SCRIPT_NAME: '/', SERVER_PROTOCOL: 'HTTP/1.1' };
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    const chunks: Buffer[] = [];
    connection.setTimeout(5000, () => connection.destroy(new Error(`no answer from ${socket} within 5 s`)));
    connection.on('data', (chunk) => {
      chunks.push(chunk);
      const answer = parse(Buffer.concat(chunks));
      if (answer === undefined) return;
      connection.end();
      resolve(answer);
    });
    connection.on('error', reject);
    connection.on('close', () => reject(new Error(`${socket} closed without an answer`)));
    connection.write(
      Buffer.concat([
        record(BEGIN_REQUEST, Buffer.from([0, RESPONDER, 0, 0, 0, 0, 0, 0])),
        record(PARAMS, Buffer.concat(Object.entries(parameters).map(([name, value]) => pair(name, value)))),
        record(PARAMS, Buffer.alloc(0)),
        record(STDIN, Buffer.alloc(0)),
      ]),
    );
  });
}

function record(type: number, content: Buffer): Buffer {
  const header = Buffer.from([1, type, 0, 1, 0, 0, 0, 0]);
  header.writeUInt16BE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** Both lengths as four bytes with the highest bit set. */
function pair(name: string, value: string): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE((0x80000000 | name.length) >>> 0, 0);
  lengths.writeUInt32BE((0x80000000 | value.length) >>> 0, 4);
  return Buffer.concat([lengths, Buffer.from(name + value)]);
}

/** What was written to stdout, once the end of the request is there. */
function parse(bytes: Buffer): string | undefined {
  let stdout = '';
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const type = bytes[at + 1];
    const content = at + HEADER_BYTES;
    const end = content + bytes.readUInt16BE(at + 4);
    if (end > bytes.length) return undefined;
    if (type === STDOUT) stdout += bytes.toString('latin1', content, end);
    if (type === END_REQUEST) return stdout;
    at = end + (bytes[at + 6] ?? 0);
  }
  return undefined;
}
