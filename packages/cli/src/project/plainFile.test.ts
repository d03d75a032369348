import { plainFile } from './plainFile';

describe('the file that an entry point runs', () => {
  it.each([
    ['python src/train.py', 'src/train.py'],
    ['python3.11 -u train.py --data out.py', 'train.py'],
    ['PYTHONPATH=src python train.py', 'train.py'],
    ['/usr/bin/python3 train.py', 'train.py'],
    ['torchrun --nproc-per-node 2 train.py', 'train.py'],
    ['bash run.sh', 'run.sh'],
    ['./run', './run'],
    ['bin/train --fast', 'bin/train'],
  ])('is known of %s', (entryPoint, file) => {
    expect(plainFile(entryPoint)).toBe(file);
  });

  it.each([
    'python -m train.py',
    'python -c pass',
    'python train.py | tee log',
    'cd src && python train.py',
    'python "$SCRIPT"',
    'python /opt/train.py',
    'python ../train.py',
    'make train',
    'A=1',
    ' ',
  ])('is left to the shell: %s', entryPoint => {
    expect(plainFile(entryPoint)).toBeUndefined();
  });
});
