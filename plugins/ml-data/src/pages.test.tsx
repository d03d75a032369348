import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import {
  catalogApiRef,
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { ResponseError } from '@backstage/errors';
import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactElement } from 'react';
import { mlDataApiRef, type MlDataApi } from './api';
import { AccessCard } from './entity/AccessCard';
import { DatasetCard } from './entity/DatasetCard';
import { FeatureCard } from './entity/FeatureCard';
import { ProfileContent } from './entity/ProfileContent';
import { UsedByContent } from './entity/UsedByContent';
import { VersionsContent } from './entity/VersionsContent';
import { DatasetsPage } from './pages/DatasetsPage';
import { FeaturesPage } from './pages/FeaturesPage';
import {
  aDataApi,
  aGrant,
  aRegistration,
  aSummary,
  aVersion,
  dataset,
  diagnostics,
  feature,
} from './testUtils';

// jsdom draws nothing; what a plot says of itself is what is tested here.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: ({ label }: { label: string }) => <div role="img" aria-label={label} />,
}));

function show(
  element: ReactElement,
  options: {
    api?: MlDataApi;
    entity?: Entity;
    entities?: Entity[];
    groups?: string[];
    path?: string;
  } = {},
) {
  const { api = aDataApi(2), entity, entities = [], groups = [] } = options;
  const { path = '/' } = options;
  return renderInTestApp(
    entity ? (
      <EntityProvider entity={entity}>{element}</EntityProvider>
    ) : (
      element
    ),
    {
      apis: [
        [mlDataApiRef, api],
        [catalogApiRef, catalogApiMock({ entities })],
        [
          identityApiRef,
          mockApis.identity({
            userEntityRef: 'user:default/ann',
            ownershipEntityRefs: ['user:default/ann', ...groups],
          }),
        ],
      ],
      initialRouteEntries: [path],
      mountedRoutes: { '/catalog/:namespace/:kind/:name': entityRouteRef },
    },
  );
}

const never = () => new Promise<never>(() => {});
const fails = async () => {
  throw new Error('ml-data is down');
};

describe('DatasetsPage', () => {
  it('lists datasets with owner, version, rows, classification and freshness', async () => {
    show(<DatasetsPage />);
    expect(await screen.findByText('Breast masses')).toBeInTheDocument();
    for (const text of ['default/masses@2', '569', 'confidential', 'Stale']) {
      expect(screen.getByText(text)).toBeInTheDocument();
    }
  });

  it('finds by name and says when nothing matches', async () => {
    show(<DatasetsPage />);
    await userEvent.type(
      await screen.findByRole('searchbox', { name: 'Search datasets' }),
      'credit',
    );
    expect(
      await screen.findByText('No dataset matches the search.'),
    ).toBeInTheDocument();
  });

  it('shows that it is loading', async () => {
    show(<DatasetsPage />, {
      api: aDataApi(0, { listDatasets: never }),
    });
    expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument();
  });

  it('says what to do when there are none', async () => {
    show(<DatasetsPage />, {
      api: aDataApi(0, { listDatasets: async () => ({ items: [] }) }),
    });
    expect(await screen.findByText('No datasets yet')).toBeInTheDocument();
  });

  it('gives the reason when it cannot be loaded', async () => {
    show(<DatasetsPage />, { api: aDataApi(0, { listDatasets: fails }) });
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });
});

describe('FeaturesPage', () => {
  it('lists feature views with keys and source', async () => {
    show(<FeaturesPage />, { entities: [feature] });
    const row = (await screen.findByText('Cell nuclei')).closest('tr')!;
    expect(within(row).getByText('mass_id')).toBeInTheDocument();
    expect(within(row).getByText('P30D')).toBeInTheDocument();
  });

  it('says what a feature view is when there are none', async () => {
    show(<FeaturesPage />);
    expect(await screen.findByText('No feature views yet')).toBeInTheDocument();
  });
});

describe('VersionsContent', () => {
  const open = (groups: string[], api?: MlDataApi) =>
    show(<VersionsContent />, { entity: dataset, groups, api });

  it('lists versions and compares the latest two', async () => {
    open([]);
    expect(await screen.findByText('delivery 2')).toBeInTheDocument();
    expect(
      await screen.findByText('+0.60 standard deviations'),
    ).toBeInTheDocument();
    expect(screen.getByText('area')).toBeInTheDocument();
  });

  it('offers registering to owners only', async () => {
    open(['group:default/credit']);
    await screen.findByText('delivery 2');
    expect(
      screen.queryByRole('button', { name: 'Register version' }),
    ).not.toBeInTheDocument();
  });

  const openDialog = async () => {
    await userEvent.click(
      await screen.findByRole('button', { name: 'Register version' }),
    );
    return screen.findByRole('dialog');
  };

  it('registers with a message and closes', async () => {
    const start = jest.fn(aDataApi(2).startDatasetRegistration);
    open([diagnostics], aDataApi(2, { startDatasetRegistration: start }));
    const dialog = await openDialog();
    await userEvent.type(
      within(dialog).getByLabelText(/What changed/),
      'new clinic',
    );
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Register version' }),
    );
    expect(start).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'masses' },
      body: { message: 'new clinic' },
    });
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it('shows how far a registration is, stops it, and goes on to the end', async () => {
    const cancel = jest.fn(aDataApi(0).cancelDatasetRegistration);
    const going = aRegistration({
      state: 'profiling',
      progress: { done: 40, of: 3000 },
    });
    open(
      [diagnostics],
      aDataApi(0, {
        startDatasetRegistration: async () => going,
        getDatasetRegistration: async () =>
          cancel.mock.calls.length
            ? aRegistration({ state: 'cancelled' })
            : going,
        cancelDatasetRegistration: cancel,
      }),
    );
    expect(
      await screen.findByText('No version registered yet'),
    ).toBeInTheDocument();
    const dialog = await openDialog();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Register version' }),
    );
    expect(await within(dialog).findByText(/40 \/ 3,?000/)).toBeInTheDocument();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Stop registering' }),
    );
    expect(cancel).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'masses', id: 'r1' },
    });
    expect(
      await within(dialog).findByRole(
        'button',
        { name: 'Cancel' },
        { timeout: 5000 },
      ),
    ).toBeInTheDocument();
  });

  it('shows why a registration was refused, and what to declare', async () => {
    open(
      [diagnostics],
      aDataApi(0, {
        startDatasetRegistration: async () =>
          aRegistration({
            state: 'failed',
            error: {
              message: 'f.csv, line 1: declare spec.location.delimiter',
            },
          }),
      }),
    );
    const dialog = await openDialog();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Register version' }),
    );
    expect(
      await within(dialog).findByText(/f\.csv, line 1/),
    ).toBeInTheDocument();
    expect(within(dialog).getByText(/nullWords/)).toBeInTheDocument();
  });

  it('shows registrations that somebody else has started, and the reason of the last failure', async () => {
    open(
      [diagnostics],
      aDataApi(1, {
        listDatasetRegistrations: async () => ({
          items: [
            aRegistration({ state: 'failed', error: { message: 'line 6' } }),
            aRegistration({ id: 'r2', state: 'reading' }),
          ],
        }),
      }),
    );
    expect(await screen.findByText('line 6')).toBeInTheDocument();
    expect(screen.getByText('Reading the data…')).toBeInTheDocument();
  });

  it('shows why starting was refused', async () => {
    let refuse: (error: Error) => void = () => {};
    open(
      [diagnostics],
      aDataApi(0, {
        startDatasetRegistration: () =>
          new Promise((_, reject) => {
            refuse = reject;
          }),
      }),
    );
    const dialog = await openDialog();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Register version' }),
    );
    expect(within(dialog).getByRole('status')).toBeInTheDocument();
    refuse(
      await ResponseError.fromResponse(
        Object.assign(
          new Response(
            JSON.stringify({
              error: { name: 'InputError', message: 'declares a column' },
              response: { statusCode: 400 },
            }),
            { status: 400, headers: { 'content-type': 'application/json' } },
          ),
        ),
      ),
    );
    expect(
      await within(dialog).findByText('declares a column'),
    ).toBeInTheDocument();
  });

  it('shows for every version whether its checks passed, and for one what was seen and wanted', async () => {
    open(
      [],
      aDataApi(2, {
        listDatasetVersions: async () => ({
          items: [
            { ...aSummary(2), qualityState: 'failed' },
            { ...aSummary(1), qualityState: 'unknown' },
          ],
        }),
        getDatasetVersion: async () => ({
          ...aVersion(2),
          quality: {
            state: 'failed',
            checks: [
              {
                of: 'rows',
                wanted: 'at least 100',
                saw: '569',
                state: 'passed',
              },
              {
                of: 'diagnosis',
                wanted: 'no empty values',
                saw: '9 empty',
                state: 'failed',
              },
            ],
          },
        }),
      }),
    );
    const checks = await screen.findByRole('table', { name: 'Data quality' });
    const row = within(checks).getByText('diagnosis').closest('tr')!;
    for (const text of ['no empty values', '9 empty', 'Failed']) {
      expect(within(row).getByText(text)).toBeInTheDocument();
    }
    expect(within(checks).getByText('all rows')).toBeInTheDocument();
    const versions = screen.getByRole('table', { name: 'Versions' });
    expect(within(versions).getByText('Failed')).toBeInTheDocument();
    expect(within(versions).getByText('Not known')).toBeInTheDocument();
  });

  it('asks for the checks of the version that the address names', async () => {
    const getDatasetVersion = jest.fn(aDataApi(2).getDatasetVersion);
    show(<VersionsContent />, {
      entity: dataset,
      api: aDataApi(2, { getDatasetVersion }),
      path: '/?version=1',
    });
    await screen.findByText('No checks declared');
    expect(getDatasetVersion).toHaveBeenCalledWith(
      { params: { namespace: 'default', name: 'masses', version: '1' } },
      expect.anything(),
    );
  });

  it('says how to declare checks when there are none', async () => {
    open([]);
    expect(await screen.findByText('No checks declared')).toBeInTheDocument();
    expect(screen.getByText(/minRows: 500/)).toBeInTheDocument();
  });

  it('gives the reason when versions cannot be loaded', async () => {
    open([], aDataApi(0, { listDatasetVersions: fails }));
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });
});

describe('ProfileContent', () => {
  it('shows every column with description, unit, figures and a plot that says what it shows', async () => {
    show(<ProfileContent />, { entity: dataset });
    expect(
      await screen.findByText('Mean distance from centre to perimeter'),
    ).toBeInTheDocument();
    expect(screen.getByText('DOUBLE · µm')).toBeInTheDocument();
    expect(
      screen.getByRole('img', {
        name: /Histogram of radius: 569 values from 6.981 to 28.11/,
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('img', { name: /diagnosis: B \(350\), M \(210\)/ }),
    ).toBeInTheDocument();
    expect(screen.getByText('9 (1.6 %)')).toBeInTheDocument();
  });

  it('finds columns by unit or description', async () => {
    show(<ProfileContent />, { entity: dataset });
    await userEvent.type(await screen.findByRole('searchbox'), 'perimeter');
    expect(screen.getByText(/1 of 2 columns/)).toBeInTheDocument();
    expect(screen.queryByText('diagnosis')).not.toBeInTheDocument();
  });

  it('says that there is no version yet', async () => {
    show(<ProfileContent />, { entity: dataset, api: aDataApi(0) });
    expect(
      await screen.findByText('No version registered yet'),
    ).toBeInTheDocument();
  });
});

describe('UsedByContent', () => {
  it('names models that learn from it and what is missing', async () => {
    show(<UsedByContent />, { entity: dataset });
    expect(await screen.findByText('tumour-malignancy')).toBeInTheDocument();
    expect(
      screen.getByText('No feature view is computed from it.'),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Open Training' })).toHaveAttribute(
      'href',
      '/training',
    );
  });
});

describe('cards', () => {
  it('sums up the latest version of a dataset', async () => {
    show(<DatasetCard />, { entity: dataset });
    expect(await screen.findByText('default/masses@2')).toBeInTheDocument();
    expect(screen.getByText('radius')).toBeInTheDocument();
    expect(screen.getByText('µm')).toBeInTheDocument();
  });

  it('gives the reason when ml-data cannot be asked', async () => {
    show(<DatasetCard />, {
      entity: dataset,
      api: aDataApi(0, { listDatasetVersions: fails }),
    });
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });

  it('shows a feature view with the values of its source and its consumers', async () => {
    show(<FeatureCard />, { entity: feature });
    expect(await screen.findByText('radius [µm]')).toBeInTheDocument();
    expect(await screen.findByText('6.981 – 28.11')).toBeInTheDocument();
    expect(screen.getByText('not in the source')).toBeInTheDocument();
    expect(screen.getByText('tumour-malignancy')).toBeInTheDocument();
  });
});

const noAccess =
  'dataset:default/masses is confidential. Ask group:default/diagnostics for a grant';
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

describe('AccessCard', () => {
  const open = (over: Partial<MlDataApi> = {}) =>
    show(<AccessCard />, { entity: dataset, api: aDataApi(1, over) });
  const params = { namespace: 'default', name: 'masses' };

  it('says by which right an owner reads, and that there are no grants yet', async () => {
    open();
    expect(await screen.findByText('confidential')).toBeInTheDocument();
    expect(screen.getByText('You may read it')).toBeInTheDocument();
    expect(screen.getByText('you belong to its owner')).toBeInTheDocument();
    expect(await screen.findByText('No grants yet')).toBeInTheDocument();
  });

  it('says to others why not and whom to ask, and shows them no grants', async () => {
    const listDatasetGrants = jest.fn(aDataApi(1).listDatasetGrants);
    open({
      getDatasetAccess: async () => ({
        dataset: 'dataset:default/masses',
        owner: diagnostics,
        classification: 'confidential',
        mayRead: false,
        message: noAccess,
        mayGrant: false,
      }),
      listDatasetGrants,
    });
    expect(await screen.findByText(noAccess)).toBeInTheDocument();
    expect(screen.getByText('You may not read it')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Give access' }),
    ).not.toBeInTheDocument();
    expect(listDatasetGrants).not.toHaveBeenCalled();
  });

  it('shows that it is loading', async () => {
    open({ getDatasetAccess: never });
    expect(
      await screen.findByRole('status', { name: 'Loading' }),
    ).toBeInTheDocument();
  });

  it('gives the reason when grants cannot be loaded', async () => {
    open({ listDatasetGrants: fails });
    expect(await screen.findByText('ml-data is down')).toBeInTheDocument();
  });

  it('gives access to a group for a purpose, through the end of a day', async () => {
    const grantDatasetAccess = jest.fn(aDataApi(1).grantDatasetAccess);
    open({ grantDatasetAccess });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Give access' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    const give = dialog.getByRole('button', { name: 'Give access' });
    expect(give).toBeDisabled();
    fireEvent.change(dialog.getByLabelText('Group'), {
      target: { value: 'group:default/credit' },
    });
    fireEvent.change(dialog.getByLabelText('Purpose'), {
      target: { value: 'Compare scores' },
    });
    fireEvent.change(dialog.getByLabelText('Last day (UTC)'), {
      target: { value: '2100-01-31' },
    });
    await userEvent.click(give);
    expect(grantDatasetAccess).toHaveBeenCalledWith({
      params,
      body: {
        group: 'group:default/credit',
        purpose: 'Compare scores',
        until: '2100-01-31T23:59:59.000Z',
      },
    });
  });

  it('revokes an active grant after asking once more', async () => {
    const revokeDatasetGrant = jest.fn(aDataApi(1).revokeDatasetGrant);
    open({
      listDatasetGrants: async () => ({
        items: [
          aGrant(),
          aGrant({ id: 'g2', group: 'group:default/old', state: 'ended' }),
        ],
      }),
      revokeDatasetGrant,
    });
    const row = (await screen.findByText('group:default/credit')).closest(
      'tr',
    )!;
    for (const text of [
      'Compare with our scores',
      '2100-01-01',
      'Active',
      'user:default/ann',
    ]) {
      expect(within(row).getByText(text)).toBeInTheDocument();
    }
    expect(screen.getByText('Ended')).toBeInTheDocument();
    const [revoke, ...others] = screen.getAllByRole('button', {
      name: /^Revoke/,
    });
    expect(others).toEqual([]);
    await userEvent.click(revoke);
    expect(revokeDatasetGrant).not.toHaveBeenCalled();
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Revoke' }));
    expect(revokeDatasetGrant).toHaveBeenCalledWith({
      params: { ...params, id: 'g1' },
    });
  });
});
