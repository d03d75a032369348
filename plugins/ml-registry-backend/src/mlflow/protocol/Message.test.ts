import { Message } from './Message';

describe('Message', () => {
  it('reads snake and camel case, numbers as strings, and quotes numbers as they were spelled', () => {
    const message = Message.fromJson(
      '{"runId": "r", "max_results": "7", "value": "NaN", "other": "-Infinity", "name": 9.0, "big": 1730000000000}',
    );
    expect(message.string('run_id')).toBe('r');
    expect(message.integer('max_results')).toBe(7);
    expect(message.double('value')).toBeNaN();
    expect(message.double('other')).toBe(-Infinity);
    expect(message.integer('big')).toBe(1730000000000);
    expect(() => message.string('name')).toThrow(
      "Invalid value 9.0 for parameter 'name' supplied.",
    );
  });

  it('refuses numbers and texts that no database keeps', () => {
    const message = Message.fromJson(
      '{"step": 1e30, "key": "a\\u0000b", "many": ["a\\u0000"]}',
    );
    expect(() => message.integer('step')).toThrow('Invalid value 1e30');
    expect(() => message.string('key')).toThrow(/Invalid value/);
    expect(() => message.strings('many')).toThrow(/Invalid value/);
  });

  it('tells missing from empty', () => {
    const message = Message.fromJson('{"value": "", "gone": null}');
    expect(message.present('value')).toBe('');
    expect(() => message.required('value')).toThrow(
      "Missing value for required parameter 'value'.",
    );
    expect(message.has('gone')).toBe(false);
    expect(() => message.present('gone')).toThrow(/Missing value/);
  });

  it('reads what is not JSON as empty and a string that holds JSON as its content', () => {
    expect(Message.fromJson('{oops').has('a')).toBe(false);
    expect(Message.fromJson('[1]').has('a')).toBe(false);
    expect(Message.fromJson('"{\\"a\\": \\"b\\"}"').string('a')).toBe('b');
  });

  it('reads lists and booleans of a query', () => {
    const message = Message.fromQuery(
      new URLSearchParams('stages=a&stages=b&one=x&flag=True'),
    );
    expect(message.strings('stages')).toEqual(['a', 'b']);
    expect(message.strings('one')).toEqual(['x']);
    expect(message.boolean('flag')).toBe(true);
  });

  it('takes enums by name or number', () => {
    const message = Message.fromJson(
      '{"a": "ALL", "b": 3, "c": "3", "d": "NO"}',
    );
    const views = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;
    expect(['a', 'b', 'c'].map(name => message.choice(name, views))).toEqual([
      'ALL',
      'ALL',
      'ALL',
    ]);
    expect(() => message.choice('d', views)).toThrow(/Allowed are ACTIVE_ONLY/);
  });

  it.each([
    'messages',
    'strings',
    'integer',
    'double',
    'boolean',
    'message',
  ] as const)('refuses another kind of value as %s', kind => {
    expect(() =>
      Message.fromJson('{"a": [[1]], "b": {"c": 1}}')[kind](
        kind === 'message' ? 'a' : 'b',
      ),
    ).toThrow(/Invalid value/);
  });
});
