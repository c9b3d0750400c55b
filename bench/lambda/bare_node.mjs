// The echo handler over a bare HTTP server: the baseline for a warm node invoke.
import http from 'node:http';
const handler = async (event) => event;
http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => response.end(JSON.stringify(await handler(JSON.parse(Buffer.concat(parts))))));
}).listen(Number(process.argv[2]), '127.0.0.1');
