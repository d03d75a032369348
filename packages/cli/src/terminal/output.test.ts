import {
  createTerminal,
  fewMetrics,
  metricsIn,
  metricsOfGates,
  table,
} from './output';

describe('metricsIn', () => {
  it.each([
    ["metrics.val_auc > 0.9 AND stage = 'production'", ['val_auc']],
    ['metric.auc > 0.9', ['auc']],
    [
      'metrics.`val loss` < 1 and metrics."top 5/acc" > 0.5',
      ['val loss', 'top 5/acc'],
    ],
    ['metrics.précision DESC, name', ['précision']],
    ["name = 'metrics.auc > 1' AND params.metrics = '2'", []],
    ["name = 'it''s metrics.a' AND metrics.b > 1", ['b']],
    ['', []],
  ])('finds what %j speaks of', (text, names) => {
    expect(metricsIn(text)).toEqual(names);
  });
});

describe('fewMetrics', () => {
  const metrics = { curve_loss: 1, accuracy: 0.5, val_auc: 0.98765, auc: 0.9 };

  it('shows those asked for first, and others by name after them', () => {
    expect(fewMetrics(metrics, { first: ['val_auc', 'gone'], most: 3 })).toBe(
      'val_auc=0.9877 accuracy=0.5000 auc=0.9000',
    );
  });

  it('leaves out none that was asked for, and shows none twice', () => {
    const first = ['val_auc', 'auc', 'val_auc', 'curve_loss'];
    expect(fewMetrics(metrics, { first, most: 1 })).toBe(
      'val_auc=0.9877 auc=0.9000 curve_loss=1.000',
    );
  });

  it('is nothing where nothing was logged', () => {
    expect(fewMetrics({}, { first: ['auc'], most: 3 })).toBeUndefined();
  });
});

it('knows the metrics of gates by the names of the gates', () => {
  const gates = [
    { gate: 'The model says what it takes and gives' },
    { gate: 'auc macro at least 0.9' },
    { gate: 'auc against the champion' },
    { gate: 'unlogged at least 1' },
  ];
  const metrics = { auc: 1, 'auc macro': 1, a: 1 };
  expect(metricsOfGates({ metrics, gates })).toEqual(['auc macro', 'auc']);
});

describe('createTerminal', () => {
  function streams(isTTY: boolean, columns?: number) {
    const kept = { out: '', err: '' };
    const stdout = { isTTY, write: (text: string) => (kept.out += text) };
    const stderr = {
      ...{ isTTY, columns },
      write: (text: string) => (kept.err += text),
    };
    return { kept, terminal: createTerminal({ stdout, stderr }) };
  }
  const clear = '\r\u001b[2K';

  it('draws progress over itself on a terminal, and clears it before a note', () => {
    const { kept, terminal } = streams(true, 20);
    terminal.progress('queued', '1 s');
    terminal.progress('running for a long time');
    terminal.note('done');
    expect(kept.err).toBe(
      `${clear}queued (1 s)${clear}running for a long…${clear}done\n`,
    );
  });

  it('writes a line for each change into a pipe, and nothing that passes', () => {
    const { kept, terminal } = streams(false);
    terminal.progress('queued', '1 s');
    terminal.progress('queued', '2 s');
    terminal.progress('running');
    terminal.note('done');
    expect(kept.err).toBe('queued\nrunning\ndone\n');
  });

  it.each([true, false])(
    'acts on nothing that a portal sends (a terminal: %s)',
    isTTY => {
      const { kept, terminal } = streams(isTTY);
      const text = 'a\u001b[2J\u202eb';
      terminal.result(text);
      terminal.piece(text);
      terminal.note(text);
      terminal.json({ text });
      expect(kept.out).toBe('ab\nab{\n  "text": "a\\u001b[2J\\u202eb"\n}\n');
      expect(kept.err).toBe('ab\n');
    },
  );

  it('gives a file every character, and a terminal the plain text', () => {
    const text = 'a\u202eb';
    const file = streams(false);
    file.terminal.file(text);
    const screen = streams(true);
    screen.terminal.file(text);
    expect([file.kept.out, screen.kept.out]).toEqual([`${text}\n`, 'ab\n']);
  });
});

it('makes one row of a value with several lines', () => {
  expect(table([{ a: 'x\ny\u001b[1m', b: 1 }], ['a', 'b'])).toBe(
    'A    B\nx y  1',
  );
});
