import { kindsHere } from '../localFixture';
import { isolationKinds } from './Isolation';

/** A run names at its end what this machine cannot try, so that it does not look like one that tried everything. */
const leftOut = it.skip;

describe('jobs in isolation', () => {
  const demanded = process.env.DOWNSTAGE_TEST_ISOLATION;
  afterEach(() => {
    if (demanded === undefined) delete process.env.DOWNSTAGE_TEST_ISOLATION;
    else process.env.DOWNSTAGE_TEST_ISOLATION = demanded;
  });

  const here = kindsHere();
  const missing = isolationKinds.filter(kind => !here.includes(kind));
  for (const kind of missing) {
    leftOut(
      `are not tried by ${kind}: this machine does not have it`,
      () => {},
    );
  }

  it('are refused a run without the kinds that it must not leave out (S8)', () => {
    process.env.DOWNSTAGE_TEST_ISOLATION = 'none';
    expect(kindsHere()).toEqual(here);
    process.env.DOWNSTAGE_TEST_ISOLATION = isolationKinds.join();
    const answer = () => {
      try {
        return kindsHere();
      } catch (error) {
        return String(error);
      }
    };
    const refusal = `Error: DOWNSTAGE_TEST_ISOLATION demands ${missing.join(
      ', ',
    )}, which this machine does not have; it has ${here.join(', ')}`;
    expect(answer()).toEqual(missing.length ? refusal : here);
  });
});
