import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aVersion } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import type { MlRegistryApi } from '../shared/api';
import { VersionDetail } from '../versions/VersionDetail';

function show(
  options: {
    version?: ModelVersion;
    mayPromote?: boolean;
    registry?: MlRegistryApi;
  } = {},
) {
  const { version = aVersion(), mayPromote = true } = options;
  const onChanged = jest.fn();
  renderWithRegistry(
    <VersionDetail
      version={version}
      versions={[version]}
      promotions={[]}
      mayPromote={mayPromote}
      onBack={() => {}}
      onChanged={onChanged}
      onRequested={() => {}}
    />,
    { registry: options.registry ?? fakeRegistry({ versions: [version] }) },
  );
  return onChanged;
}

const open = async () => {
  await userEvent.click(
    await screen.findByRole('button', { name: 'Break glass…' }),
  );
  return within(await screen.findByRole('dialog'));
};

describe('breaking the glass', () => {
  it('wants a reason and the name of the model, typed exactly', async () => {
    const breakGlass = jest.fn(async () => aVersion());
    const onChanged = show({ registry: fakeRegistry({}, { breakGlass }) });
    const dialog = await open();
    const submit = dialog.getByRole('button', {
      name: 'Put into production now',
    });
    expect(submit).toBeDisabled();

    const name = dialog.getByLabelText(/Type the name of the model/);
    await userEvent.type(name, 'tumour-malignancy');
    expect(submit).toBeDisabled();
    await userEvent.type(dialog.getByLabelText(/Reason/), 'It burns');
    expect(submit).toBeEnabled();
    await userEvent.type(name, 'x');
    expect(submit).toBeDisabled();
    await userEvent.type(name, '{Backspace}');

    await userEvent.click(submit);
    expect(breakGlass).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy', version: 2 },
      body: { reason: 'It burns', confirm: 'tumour-malignancy' },
    });
    expect(onChanged).toHaveBeenCalled();
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('stays open and says why it was refused', async () => {
    const onChanged = show({
      registry: fakeRegistry(
        {},
        {
          breakGlass: async () => {
            throw new Error('A token may not break the glass');
          },
        },
      ),
    });
    const dialog = await open();
    await userEvent.type(dialog.getByLabelText(/Reason/), 'It burns');
    await userEvent.type(
      dialog.getByLabelText(/Type the name/),
      'tumour-malignancy',
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Put into production now' }),
    );
    expect(
      await dialog.findByText('A token may not break the glass'),
    ).toBeInTheDocument();
    expect(onChanged).not.toHaveBeenCalled();
  });

  it.each([
    ['to people who do not own the model', { mayPromote: false }],
    [
      'for what is in production already',
      { version: aVersion({ stage: 'production' }) },
    ],
  ])('is not offered %s', async (_, options) => {
    show(options);
    await screen.findByRole('heading', { name: /Version 2/ });
    expect(screen.queryByRole('button', { name: 'Break glass…' })).toBeNull();
  });

  it('shows on the version for ever who did it and why', async () => {
    const breakGlass = {
      at: '2026-11-20T09:00:00.000Z',
      by: 'user:default/dora',
      reason: 'It burns',
    };
    show({ version: aVersion({ stage: 'archived', breakGlass }) });
    expect(await screen.findByText('Entered past its gates')).toBeVisible();
    expect(screen.getByText(/It burns/)).toHaveTextContent(/\bdora: It burns/);
    expect(screen.getByRole('link', { name: 'dora' })).toBeVisible();
  });
});
