import { InputError } from '@backstage/errors';
import { parseDefinition } from './parseDefinition';

describe('downstage.yaml of a submission', () => {
  const job = (name: string) =>
    `apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: python train.py\nname: ${name}\n`;

  it('gives the job that is named', () => {
    const text = `${job('prepare')}---\n${job('train')}`;
    expect(parseDefinition(text, { name: 'train' }).name).toBe('train');
    expect(() => parseDefinition(text)).toThrow(
      new InputError(
        'downstage.yaml: there are several jobs, name one of them: prepare, train',
      ),
    );
  });

  it('is refused with every mistake, also of another job than the one that is named', () => {
    const text = `${job('prepare')}retries: -1\nfoo: 1\n---\n${job('train')}`;
    const act = () => parseDefinition(text, { name: 'train' });
    expect(act).toThrow(InputError);
    expect(act).toThrow(
      /^The job definition is wrong:\ndownstage\.yaml:5:1: document 1 \(prepare\): retries.*\ndownstage\.yaml:6:1: document 1 \(prepare\): unknown key 'foo'/,
    );
  });

  it('counts the mistakes that it does not name', () => {
    const many = Array.from({ length: 60 }, (_, at) => `key${at}: 1\n`);
    expect(() => parseDefinition(job('train') + many.join(''))).toThrow(
      /\nand 10 more$/,
    );
  });
});
