import { createContext, runInContext } from 'node:vm';
import { createForwardPage } from './forwardPage';

describe('createForwardPage', () => {
  const { html } = createForwardPage('https://portal.example/base/');
  const script = html.slice(
    html.indexOf('<script>') + 8,
    html.indexOf('</script>'),
  );

  it.each([
    ['#/experiments/3/runs/0af3b1', '/models/runs/0af3b1'],
    ['#/experiments/3/runs/0af3b1/artifacts?x=1', '/models/runs/0af3b1'],
    ['#/experiments/3', '/models/runs?experiment=3'],
    [
      '#/models/fraud score/versions/7',
      '/catalog/default/model/fraud%20score/versions?version=7',
    ],
    ['#/models/fraud', '/catalog/default/model/fraud'],
    ['#/models', '/models'],
    ['#javascript:alert(1)', '/models'],
    ['#//evil.example/models', '/models'],
    ['', '/models'],
  ])('forwards %j to %s', (hash, path) => {
    let target = '';
    const link = { href: '' };
    runInContext(
      script,
      createContext({
        location: { hash, replace: (to: string) => (target = to) },
        document: { getElementById: () => link },
      }),
    );
    expect(target).toBe(`https://portal.example/base${path}`);
    expect(link.href).toBe(target);
  });
});
