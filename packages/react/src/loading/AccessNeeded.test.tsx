import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { AccessNeeded, accessNeededOf } from './AccessNeeded';
import { Frame } from './Frame';

const message =
  'The file plots/roc.png may show dataset:default/scans. dataset:default/scans is restricted. Ask group:default/diagnostics for a grant';
/** As a client throws what a server answered. */
const refused = (code?: string) =>
  Object.assign(
    new Error('Request failed with 403', {
      cause: Object.assign(new Error(message), {
        name: 'NotAllowedError',
        ...(code && { code, dataset: 'dataset:default/scans' }),
      }),
    }),
    { name: 'ResponseError', statusCode: 403 },
  );

describe('content that shows data', () => {
  it('is told from other refusals by its code', () => {
    expect(accessNeededOf(refused('ml-data.access-needed'))).toEqual({
      reason: message,
      dataset: 'dataset:default/scans',
    });
    expect(accessNeededOf(refused())).toBeUndefined();
    expect(accessNeededOf(new Error(message))).toBeUndefined();
    expect(accessNeededOf(undefined)).toBeUndefined();
  });

  it('says whom to ask and leads to the page of the data set', async () => {
    const error = refused('ml-data.access-needed');
    renderInTestApp(
      <Frame value={{ loading: false, error, retry: () => {} }}>
        {() => null}
      </Frame>,
    );
    expect(
      await screen.findByText('This shows data that you may not read'),
    ).toBeInTheDocument();
    expect(screen.getByText(message)).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Access of scans' }),
    ).toHaveAttribute('href', '/catalog/default/dataset/scans');
  });

  it('has no link where no data set is named', async () => {
    const reason = 'Ask the team of dataset:default/scans';
    renderInTestApp(<AccessNeeded reason={reason} />);
    expect(await screen.findByText(reason)).toBeInTheDocument();
    expect(screen.queryByRole('link')).not.toBeInTheDocument();
  });
});
