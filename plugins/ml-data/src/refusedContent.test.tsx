import { ResponseError } from '@backstage/errors';
import { screen } from '@testing-library/react';
import { DatasetCard } from './datasets/DatasetCard';
import { ProfileContent } from './profile/ProfileContent';
import { VersionsContent } from './versions/VersionsContent';
import { aDataApi, dataset } from './testUtils';
import { show, noAccess } from './__testUtils__/show';

const refused = jest.fn(async () => {
  throw await ResponseError.fromResponse(
    Object.assign(
      new Response(
        JSON.stringify({
          error: {
            name: 'NotAllowedError',
            message: noAccess,
            code: 'ml-data.access-needed',
          },
          response: { statusCode: 403 },
        }),
        { status: 403, headers: { 'content-type': 'application/json' } },
      ),
    ),
  );
});

describe('content that may not be read', () => {
  it.each([
    ['profile', <ProfileContent />],
    ['card', <DatasetCard />],
    ['versions', <VersionsContent />],
  ])('says on the %s whom to ask, and offers no retry', async (_, page) => {
    show(page, {
      entity: dataset,
      api: aDataApi(2, {
        getDatasetVersion: refused,
        diffDatasetVersions: refused,
        listDatasetRegistrations: refused,
      }),
    });
    expect((await screen.findAllByText(noAccess)).length).toBeGreaterThan(0);
    expect(
      screen.queryByRole('button', { name: 'Try again' }),
    ).not.toBeInTheDocument();
  });
});
