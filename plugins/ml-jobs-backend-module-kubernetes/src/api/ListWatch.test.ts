import { openAccess } from '../__testUtils__/createFixture';
import { FakeKubernetes } from '../__testUtils__/FakeKubernetes';
import { until } from '../__testUtils__/until';
import { namedObject } from '../domain/objects';
import { KubeApi } from './KubeApi';
import { ListWatch } from './ListWatch';

jest.setTimeout(180_000);

const path = '/api/v1/namespaces/ml/configmaps';
const labels = { team: 'ml' };

describe('objects that are watched', () => {
  let fake: FakeKubernetes;
  let api: KubeApi;
  let watch: ListWatch<ReturnType<typeof namedObject.parse>>;
  const failures: unknown[] = [];
  const names = () =>
    watch
      .all()
      .map(({ metadata }) => metadata.name)
      .sort();
  const add = (name: string) =>
    fake.create('configmaps', { metadata: { name, labels } });
  const lists = () =>
    fake.requests.filter(
      one => one.path === path && !one.query.includes('watch=true'),
    ).length;
  const watches = () =>
    fake.requests.filter(one => one.query.includes('watch=true')).length;
  const watching = (selector = 'team=ml', isOptional = false, at = path) =>
    new ListWatch({
      ...{ api, selector, isOptional },
      path: async () => at,
      schema: namedObject,
      onFailure: error => void failures.push(error),
      random: () => 0,
    });

  beforeEach(async () => {
    failures.length = 0;
    fake = new FakeKubernetes();
    api = new KubeApi(openAccess(await fake.start()));
    add('first');
    fake.create('configmaps', { metadata: { name: 'of-others' } });
    watch = watching();
    watch.start();
    await until(() => fake.watching === 1 && watch.isCurrent);
  });
  afterEach(async () => {
    await watch.stop();
    api.close();
    await fake.close();
  });

  it('are those of the label, as they come, change and go', async () => {
    expect(names()).toEqual(['first']);
    add('second');
    await until(() => names().length === 2);
    fake.change('configmaps', 'second', ({ metadata }) => {
      metadata.annotations.seen = 'yes';
    });
    await until(() => watch.get('second')?.metadata.annotations.seen);
    await fake.remove('configmaps', 'first');
    await until(() => names().join() === 'second');
    expect(lists()).toBe(1);
    expect(failures).toEqual([]);
  });

  it('go on where a watch ended, without a new list', async () => {
    fake.cutWatches();
    add('second');
    await fake.remove('configmaps', 'first');
    await until(() => names().join() === 'second');
    expect(lists()).toBe(1);
  });

  it('are listed anew when their version has expired', async () => {
    fake.expireWatches();
    add('second');
    await fake.remove('configmaps', 'first');
    await until(() => names().join() === 'second');
    expect(lists()).toBe(2);
    await until(() => watch.isCurrent);
    // An expired version is no trouble of the cluster.
    expect(failures).toEqual([]);
  });

  it('go on from a bookmark, when all before it is forgotten', async () => {
    for (let index = 0; index < 5; index++)
      fake.create('configmaps', { metadata: { name: `other-${index}` } });
    fake.bookmarkAndForget();
    // Behind the bookmark on the same connection: it has been read when this is there.
    add('second');
    await until(() => watch.get('second'));
    fake.cutWatches();
    await until(() => watches() === 2 && fake.watching === 1);
    add('third');
    await until(() => watch.get('third'));
    expect(lists()).toBe(1);
  });

  it('are not current while the cluster does not answer, and are again', async () => {
    fake.failNext({ method: 'GET', path });
    fake.cutWatches();
    await until(() => !watch.isCurrent);
    expect(names()).toEqual(['first']);
    await until(() => watch.isCurrent);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('are none of a kind that the cluster does not know', async () => {
    const unknown = watching('team', true, '/apis/nobody.io/v1/things');
    unknown.start();
    await until(() => unknown.isCurrent);
    expect(unknown.all()).toEqual([]);
    expect(failures).toEqual([]);
    await unknown.stop();
  });
});
