/**
 * The script between a command and its log: what a terminal would show at the end, without secrets.
 *
 * @remarks
 * It lives and ends with the attempt, not with the portal. A carriage return starts the line anew, so a progress bar
 * leaves its last state; colours and other escapes are dropped; a line has an end. A bar that runs for long leaves a state every
 * half minute, and text without a line's end appears after a second. Secrets become asterisks, as many as they have bytes.
 * It ends when the last writer is gone, or when a file says that the command has ended: then it takes what is there, and does
 * not wait for what the command left running.
 *
 * Plain JavaScript for `node -e`. Its environment: DOWNSTAGE_MASK, the expression of secrets, and DOWNSTAGE_ENDED, that file.
 */
export const logFilterScript = `
const fs = require('node:fs');
const mask = process.env.DOWNSTAGE_MASK ? new RegExp(process.env.DOWNSTAGE_MASK, 'g') : undefined;
const most = 16 * 1024;
const decoder = new (require('node:util').TextDecoder)('utf-8');
let line = '', cursor = 0, lost = 0, shown = 0, bar = false, since = 0, rest = '';

function write(text) {
  let bytes = Buffer.from(text, 'utf8');
  if (mask) bytes = Buffer.from(bytes.toString('latin1').replace(mask, found => '*'.repeat(found.length)), 'latin1');
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(1, bytes, done);
    } catch (error) {
      // A full disk loses lines of the log, not the job.
      if (error.code !== 'EAGAIN') return;
    }
  }
}
function put(text) {
  if (!since) since = Date.now();
  const room = Math.max(0, most - cursor);
  lost += Math.max(0, text.length - room);
  text = text.slice(0, room);
  line = line.slice(0, cursor) + text + line.slice(cursor + text.length);
  cursor += text.length;
}
function cut() {
  return lost ? ' [downstage: ' + lost + ' more characters of this line are left out]' : '';
}
function end() {
  write(line.slice(shown).replace(/ +$/, '') + cut() + '\\n');
  line = ''; cursor = 0; lost = 0; shown = 0; bar = false; since = 0;
}
function back() {
  // What is in the file stays there: the bar goes on below it.
  if (shown) { write('\\n'); line = ''; shown = 0; }
  cursor = 0; lost = 0; bar = true;
}
function escape(found) {
  if (/^\\u001b\\[[012]?K$/.test(found)) {
    if (found.includes('2')) line = '';
    else if (!found.includes('1')) line = line.slice(0, cursor);
  }
}
const pieces = /\\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\\\\\)|[@-Z\\\\\\\\^_=>78])|\\r\\n|[\\n\\r\\b]|[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]+/g;
function take(text) {
  text = rest + text;
  rest = '';
  // An escape or a line's end may go on in the next piece.
  const open = /(?:\\u001b(?:\\[[0-?]*[ -/]*|\\][^\\u0007\\u001b]*\\u001b?)?|\\r)$/.exec(text);
  if (open && open[0].length < 4096) {
    rest = open[0];
    text = text.slice(0, open.index);
  }
  for (const [found] of text.matchAll(pieces)) {
    if (found === '\\n' || found === '\\r\\n') end();
    else if (found === '\\r') back();
    else if (found === '\\b') cursor = Math.max(shown, cursor - 1);
    else if (found[0] === '\\u001b') escape(found);
    else put(found);
  }
}
function finish() {
  take(decoder.decode());
  if (rest === '\\r') back();
  if (line.length > shown || lost) end();
  process.exit(0);
}
setInterval(() => {
  if (!since || line.length <= shown) return;
  const age = Date.now() - since;
  if (bar && age > 30000) {
    write(line.replace(/ +$/, '') + '\\n');
    since = Date.now();
  } else if (!bar && age > 1000 && !lost) {
    // The end is kept back: the beginning of a secret must not slip out before the rest has come.
    const upTo = line.length - 256 > shown ? line.length - 256 : age > 3000 ? line.length : shown;
    if (upTo > shown) { write(line.slice(shown, upTo)); shown = upTo; }
  }
}, 500).unref();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {});
function drain() {
  const buffer = Buffer.alloc(65536);
  try {
    for (let count; (count = fs.readSync(0, buffer)) > 0; ) take(decoder.decode(buffer.subarray(0, count), { stream: true }));
  } catch {
    // Nothing more is there, and whoever still holds the other end is not waited for.
  }
  finish();
}
setInterval(() => fs.existsSync(process.env.DOWNSTAGE_ENDED) && drain(), 250).unref();
process.stdin.on('data', bytes => take(decoder.decode(bytes, { stream: true })));
process.stdin.on('end', finish);
`;
