import { checkRunFilter } from './checkRunFilter';
import { completeRunFilter } from './completeRunFilter';
import { parseFilter } from './parseFilter';
import { runNames } from './runNames';

describe('completeRunFilter', () => {
  const fields = {
    metrics: ['auc', 'val loss'],
    params: ['lr'],
    tags: ['team'],
  };
  const options = (text: string) =>
    completeRunFilter(text, text.length, fields).options;

  it('offers names, then operators, then values, then AND', () => {
    expect(options('')).toEqual(
      expect.arrayContaining(['metrics.auc', 'metrics.`val loss`']),
    );
    expect(options('au')).toEqual(['metrics.auc']);
    expect(options('metrics.val')).toEqual(['metrics.`val loss`']);
    expect(options('metrics.auc ')).toEqual(['=', '!=', '>', '>=', '<', '<=']);
    expect(options('params.lr LI')).toEqual(['LIKE', 'ILIKE']);
    expect(options('attributes.status = ')).toContain("'FINISHED'");
    expect(options('metrics.auc > 1 ')).toEqual(['AND']);
    expect(options('metrics.auc > 1 and te')).toContain('tags.team');
  });

  it.each([
    'status = ',
    'attributes.status != ',
    'attr.status LIKE ',
    'run.status = ',
  ])('offers what runs may be doing after %s', text => {
    expect(options(text)).toEqual([
      "'RUNNING'",
      "'SCHEDULED'",
      "'FINISHED'",
      "'FAILED'",
      "'KILLED'",
    ]);
  });

  it.each([
    'params.status = ',
    'tags.exit_status = ',
    'tags.status = ',
    'attributes.run_name = ',
    'datasets.name = ',
    'metrics.status_code = ',
  ])('offers no states of runs after %s', text => {
    expect(options(text)).toEqual([]);
  });

  it('offers nothing that the server would refuse there', () => {
    const values = ['', '1', "'a'", "('a')"];
    for (const name of options('')) {
      const operators = options(`${name} `);
      expect(operators.length).toBeGreaterThan(0);
      for (const operator of operators) {
        const offered = options(`${name} ${operator} `);
        const known = offered.filter(word => word.startsWith("'"));
        for (const value of known) {
          const filter = `${name} ${operator} ${value}`;
          expect(() => parseFilter(filter, runNames)).not.toThrow();
        }
        const works = values.filter(value => {
          const filter = `${name} ${operator} ${value}`;
          return checkRunFilter(filter) === undefined;
        });
        expect(works).toHaveLength(1);
      }
    }
  });

  it('offers a name in quotes while it is written', () => {
    expect(options('metrics.`val')).toEqual(['metrics.`val loss`']);
    expect(options('metrics.')).toContain('metrics.auc');
  });

  it('replaces the word under the cursor', () => {
    expect(completeRunFilter('metrics.a > 1', 9, fields)).toMatchObject({
      from: 0,
      to: 9,
      options: ['metrics.auc'],
    });
  });
});
