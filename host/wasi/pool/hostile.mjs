// Runs in a runner's place and breaks the protocol in the way that its second argument names; for the tests.
import fs from 'node:fs';

const LINK = 3;
const READY = 1;
const STDOUT = 3;
const STDERR = 4;
const WANT_STDIN = 5;
const END = 6;
const JOURNAL = 7;

function send(kind, body, length = body.length) {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(length);
  head[4] = kind;
  fs.writeSync(LINK, Buffer.concat([head, body]));
}

/** An end that says that a journal was sent before (3), or has one of four bytes in itself (1). */
function end(journal) {
  const body = Buffer.alloc(20);
  body[15] = journal;
  if (journal === 1) body.writeUInt16LE(4, 18);
  send(END, journal === 1 ? Buffer.concat([body, Buffer.alloc(4)]) : body);
}

function flood(kind) {
  for (let sent = 0; sent < 4096; sent++) send(kind, Buffer.alloc(65_536));
}

const AFTER_CALL = {
  'a long frame': () => send(END, Buffer.alloc(100), 0xffff_ffff),
  'an unknown kind': () => send(77, Buffer.alloc(1)),
  'a second ready': () => send(READY, Buffer.of(1)),
  'output in pieces': () => send(STDOUT, Buffer.from('x')),
  'a flood of output': () => flood(STDOUT),
  'a flood of stderr': () => flood(STDERR),
  'a wish for stdin': () => send(WANT_STDIN, Buffer.alloc(4)),
  'progress that is none': () => send(2, Buffer.from('{"done":"x"}')),
  'a torn end': () => send(END, Buffer.alloc(3)),
  'a journal': () => send(JOURNAL, Buffer.alloc(4)),
  'a long journal': () => send(JOURNAL, Buffer.alloc(5)),
  'two journals': () => [1, 2].forEach(() => send(JOURNAL, Buffer.alloc(4))),
  'a journal and an end without': () => (send(JOURNAL, Buffer.alloc(4)), end(0)),
  'an end with a journal': () => end(1),
  'an end after no journal': () => end(3),
  nothing: () => undefined,
  silence: () => fs.closeSync(LINK),
};

const act = process.argv[3] ?? '';
if (act === 'talk ahead') send(END, Buffer.alloc(20));
send(READY, Buffer.of(1));
if (act === 'talk unasked') send(END, Buffer.alloc(20));
fs.readSync(LINK, new Uint8Array(65_536));
AFTER_CALL[act]?.();
for (;;);
