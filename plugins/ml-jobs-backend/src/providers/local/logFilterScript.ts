/**
 * The script between a command and its log: what a terminal would show at the end, without secrets.
 *
 * @remarks
 * It lives and ends with the attempt, not with the portal. A carriage return starts the line anew, so a progress bar
 * leaves its last state; colours and other escapes are dropped; a line has an end. A bar that runs for long leaves a
 * state every half minute. Text without a line's end appears after a second. Secrets become asterisks, as many as they
 * have bytes.
 *
 * A log has an end: its head fills the file, and what follows goes to files beside it, of which the newest stay. Their
 * names say at which byte of the log they begin. A command that writes faster than its rate is not held up. What is too
 * much is dropped before it is read, and a line says how much. The last of it stays: it may say why the command failed.
 *
 * It ends when the last writer is gone, or when a file says that the command has ended: then it takes what
 * is there, and does not wait for what the command left running.
 *
 * Plain JavaScript for `node -e`. Its environment: DOWNSTAGE_MASK, the expression of secrets, DOWNSTAGE_ENDED, that file,
 * and DOWNSTAGE_LOG, how much is kept.
 */
export const logFilterScript = `
const fs = require('node:fs');
const mask = process.env.DOWNSTAGE_MASK ? new RegExp(process.env.DOWNSTAGE_MASK, 'g') : undefined;
const most = 16 * 1024;
const { TextDecoder } = require('node:util');
let decoder = new TextDecoder('utf-8');
// path, headBytes, tailBytes, burstBytes, bytesPerSecond
const kept = JSON.parse(process.env.DOWNSTAGE_LOG || '{}');
let line = '', cursor = 0, lost = 0, shown = 0, bar = false, since = 0, rest = '';

// Where the log is written now: its file, or the newest file beside it.
let out = 1, outStart = 0, outSize = kept.path ? fs.fstatSync(1).size : 0;
const startsBeside = () => {
  const [folder, name] = [kept.path.replace(/[^/]*$/, ''), kept.path.replace(/^.*\\//, '') + '.'];
  return fs.readdirSync(folder)
    .filter(file => file.startsWith(name) && /^\\d+$/.test(file.slice(name.length)))
    .map(file => Number(file.slice(name.length)))
    .sort((a, b) => a - b);
};
function open(start) {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants;
  const file = fs.openSync(kept.path + '.' + start, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (out !== 1) fs.closeSync(out);
  out = file;
  outStart = start;
  outSize = fs.fstatSync(file).size;
}
/** A quarter of the tail a file: the oldest goes when a new one comes. */
function turnOver() {
  if (!kept.path || outSize < (out === 1 ? kept.headBytes : kept.tailBytes / 4)) return;
  try {
    const beside = startsBeside();
    if (out === 1 && beside.length) return open(beside.at(-1));
    open(outStart + fs.fstatSync(out).size);
    for (const start of beside.slice(0, -4)) fs.unlinkSync(kept.path + '.' + start);
  } catch {
    // A disk that takes no new file may still take lines.
  }
}

function write(text) {
  turnOver();
  let bytes = Buffer.from(text, 'utf8');
  if (mask) bytes = Buffer.from(bytes.toString('latin1').replace(mask, found => '*'.repeat(found.length)), 'latin1');
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(out, bytes, done);
    } catch (error) {
      // A full disk loses lines of the log, not the job.
      if (error.code !== 'EAGAIN') return;
    }
  }
  outSize += bytes.length;
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
  // Written text stays in the file: the bar goes on below it.
  if (shown) { write('\\n'); line = ''; shown = 0; }
  cursor = 0; lost = 0; bar = true;
}
function escape(found) {
  if (/^\\u001b\\[[012]?K$/.test(found)) {
    if (found.includes('2')) line = '';
    else if (!found.includes('1')) line = line.slice(0, cursor);
  }
}
const pieces = /\\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)|[@-Z\\\\^_=>78])|\\r\\n|[\\n\\r\\b]|[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]+/g;
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
// What may come before it is too much, and what was too much.
let allowed = kept.burstBytes, allowedAt = Date.now(), dropped = 0, last = [], lastBytes = 0;
const keptAtEnd = 256 * 1024;
function receive(bytes) {
  if (!kept.bytesPerSecond) return take(decoder.decode(bytes, { stream: true }));
  const now = Date.now();
  allowed = Math.min(kept.burstBytes, allowed + (kept.bytesPerSecond * Math.max(0, now - allowedAt)) / 1000);
  allowedAt = now;
  // After a flood a second has to be allowed, so that there is one line about it and not one a piece.
  const needed = dropped ? Math.min(kept.burstBytes, kept.bytesPerSecond) : bytes.length;
  if (allowed >= Math.max(needed, bytes.length)) {
    goOn();
    allowed -= bytes.length;
    return take(decoder.decode(bytes, { stream: true }));
  }
  if (!dropped) forget();
  dropped += bytes.length;
  last.push(bytes);
  lastBytes += bytes.length;
  while (lastBytes - last[0].length >= keptAtEnd) lastBytes -= last.shift().length;
}
/** A line whose rest is dropped goes as well: a part of a secret would not be known as one. */
function forget() {
  dropped += Buffer.byteLength(line.slice(shown)) + rest.length;
  if (shown) write('\\n');
  line = ''; cursor = 0; lost = 0; shown = 0; bar = false; since = 0; rest = '';
  decoder = new TextDecoder('utf-8');
}
function goOn() {
  if (!dropped) return;
  const bytes = Buffer.concat(last);
  const lines = bytes.subarray(bytes.indexOf(10) + 1 || bytes.length);
  write('[downstage] ' + (dropped - lines.length) + ' bytes are left out here: more than ' + kept.bytesPerSecond + ' a second were written\\n');
  dropped = 0; last = []; lastBytes = 0;
  take(decoder.decode(lines, { stream: true }));
}
function finish() {
  goOn();
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
    for (let count; (count = fs.readSync(0, buffer)) > 0; ) receive(Buffer.from(buffer.subarray(0, count)));
  } catch {
    // Nothing more is there. A process that still holds the other end is not waited for.
  }
  finish();
}
setInterval(() => fs.existsSync(process.env.DOWNSTAGE_ENDED) && drain(), 250).unref();
process.stdin.on('data', receive);
process.stdin.on('end', finish);
`;
