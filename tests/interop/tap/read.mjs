// Reads TAP from standard input, strictly, and writes what the parser of the `tap` package made of it as a line of JSON.
import { text } from 'node:stream/consumers';
import { Parser } from 'tap-parser';

const points = [];
const remarks = [];
const parser = new Parser({ strict: true });
parser.on('assert', (point) => points.push(point));
parser.on('extra', (line) => remarks.push(line));
const results = await new Promise((resolve) => {
  parser.on('complete', resolve);
  text(process.stdin).then((tap) => parser.end(tap));
});
const { ok, count, pass, fail, skip, bailout, failures } = results;
process.stdout.write(`${JSON.stringify({ ok, count, pass, fail, skip, bailout, failures, points, remarks })}\n`);
