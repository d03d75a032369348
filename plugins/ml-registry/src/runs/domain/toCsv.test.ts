import { toCsv } from './toCsv';
import { aRow } from './__fixtures__/aRow';

describe('rows', () => {
  it('become CSV that no spreadsheet runs', () => {
    expect(
      toCsv(
        [aRow('a', { name: '=cmd()', values: { 'params.x': 'p, q' } })],
        ['status', 'experiment', 'duration', 'params.x'],
      ),
    ).toBe(
      'run id,name,status,experiment,duration,params.x\na,"\'=cmd()",FINISHED,e,2,"p, q"',
    );
  });
});
