import { mockApis, renderTestApp } from '@backstage/frontend-test-utils';
import { createTestEntityPage } from '@backstage/plugin-catalog-react/testUtils';
import { EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { mlRegistryApiRef, type MlRegistryApi } from '../shared/api';
import {
  aModel,
  aModelEntity,
  aPromotion,
  aSummary,
  aVersion,
} from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { VersionsContent } from './VersionsContent';

const data = {
  models: [aModel()],
  versions: [
    aVersion(),
    aVersion({ version: 1, stage: 'production', aliases: ['champion'] }),
  ],
};

/** With a version that was in production before. */
const twice = {
  ...data,
  versions: [...data.versions, aVersion({ version: 3, stage: 'archived' })],
};

function renderContent(
  registry: MlRegistryApi,
  options: { user?: string; groups?: string[]; path?: string } = {},
) {
  const {
    user = 'user:default/eve',
    groups = ['group:default/diagnostics'],
    path = '/',
  } = options;
  return renderTestApp({
    initialRouteEntries: [path],
    extensions: [
      createTestEntityPage({ entity: aModelEntity }),
      EntityContentBlueprint.make({
        name: 'versions',
        params: {
          path: '/versions',
          title: 'Versions',
          loader: async () => <VersionsContent />,
        },
      }),
    ],
    apis: [
      [mlRegistryApiRef, registry],
      mockApis.identity({
        userEntityRef: user,
        ownershipEntityRefs: [user, ...groups],
      }),
    ],
  });
}

describe('VersionsContent', () => {
  it('lists versions with stage, metric and gates', async () => {
    renderContent(fakeRegistry(data));
    expect(
      await screen.findByRole('link', { name: 'Version 1' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/versions?version=1',
    );
    expect(screen.getByText('champion')).toBeInTheDocument();
    expect(screen.getAllByText('1 of 2 passed')).toHaveLength(2);
  });

  it('offers changes to owners only', async () => {
    renderContent(fakeRegistry(twice), {
      user: 'user:default/cleo',
      groups: ['group:default/credit'],
    });
    await screen.findByRole('link', { name: 'Version 1' });
    expect(screen.queryByRole('button', { name: 'Roll back' })).toBeNull();
  });

  it('offers no rollback while no version was in production before', async () => {
    renderContent(fakeRegistry(data));
    await screen.findByRole('link', { name: 'Version 1' });
    expect(screen.queryByRole('button', { name: 'Roll back' })).toBeNull();
  });

  it('rolls back after a reason was given', async () => {
    const rollbackModel = jest.fn(async () =>
      aModel({ production: aSummary() }),
    );
    renderContent(fakeRegistry(twice, { rollbackModel }));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Roll back' }),
    );
    const confirm = screen.getByRole('button', { name: 'Roll back now' });
    expect(confirm).toBeDisabled();
    await userEvent.type(screen.getByLabelText(/Why\?/), 'Recall fell');
    await userEvent.click(confirm);
    expect(rollbackModel).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy' },
      body: { reason: 'Recall fell' },
    });
  });

  it('opens the version and the promotion that the address names', async () => {
    renderContent(fakeRegistry({ ...data, promotions: [aPromotion()] }), {
      path: '/?version=2&promotion=p1',
    });
    expect(
      await screen.findByText('Version 2 to Production'),
    ).toBeInTheDocument();
    expect(
      await screen.findByRole('button', { name: 'Approve' }),
    ).toBeInTheDocument();
    const [dataset] = screen.getAllByRole('link', {
      name: 'default/breast-masses@1',
    });
    expect(dataset).toHaveAttribute(
      'href',
      '/catalog/default/dataset/breast-masses/versions?version=1',
    );
  });

  it('loads the champion once, also where it is the version that is shown', async () => {
    const registry = fakeRegistry(data);
    const getModelVersion = jest.spyOn(registry, 'getModelVersion');
    renderContent(registry, { path: '/?version=1' });
    expect(await screen.findByText('Overview')).toBeInTheDocument();
    expect(getModelVersion).toHaveBeenCalledTimes(1);
  });

  it('says that the version of the address is not there, and shows those that are', async () => {
    renderContent(fakeRegistry(data), { path: '/?version=99' });
    expect(
      await screen.findByText('There is no version 99 of this model'),
    ).toBeInTheDocument();
    // Once in the table of versions, once in the history.
    expect(
      await screen.findAllByRole('link', { name: 'Version 1' }),
    ).not.toHaveLength(0);
  });

  it('says how to register the first version', async () => {
    renderContent(fakeRegistry());
    expect(await screen.findByText('No version yet')).toBeInTheDocument();
  });

  describe('where another team’s catalog file has the name', () => {
    const conflict = {
      reason: 'other-owner' as const,
      owner: 'group:default/credit',
      source: 'url:https://git/credit',
      message: 'The file says credit',
    };
    const models = [aModel({ catalogConflict: conflict })];

    it('says so, and lets an owner hand the model over', async () => {
      const registry = fakeRegistry({ ...data, models });
      const claimModel = jest
        .spyOn(registry, 'claimModel')
        .mockResolvedValue(aModel());
      renderContent(registry);
      expect(await screen.findByText('The file says credit')).toBeVisible();
      await userEvent.click(
        await screen.findByRole('button', { name: 'Hand over to credit' }),
      );
      const dialog = await screen.findByRole('dialog');
      await userEvent.click(
        within(dialog).getByRole('button', { name: 'Hand over to credit' }),
      );
      expect(claimModel).toHaveBeenCalledWith(
        expect.objectContaining({ body: { owner: 'group:default/credit' } }),
      );
    });

    it('offers strangers nothing, whatever their file says', async () => {
      renderContent(fakeRegistry({ ...data, models }), {
        groups: ['group:default/credit'],
      });
      expect(await screen.findByText('The file says credit')).toBeVisible();
      expect(
        screen.queryByRole('button', { name: /Hand over/ }),
      ).not.toBeInTheDocument();
    });
  });
});
