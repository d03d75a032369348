import { ResponseError } from '@backstage/errors';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type MlDataApi } from '../shared/api';
import { VersionsContent } from './VersionsContent';
import {
  aDataApi,
  aPreview,
  aRegistration,
  aSummary,
  aVersion,
  dataset,
  diagnostics,
} from '../testUtils';
import { show, fails } from '../__testUtils__/show';

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

  it('says how the text is written, and how the entity keeps it', async () => {
    const start = jest.fn(aDataApi(2).startDatasetRegistration);
    open([diagnostics], aDataApi(2, { startDatasetRegistration: start }));
    const dialog = await openDialog();
    await userEvent.click(
      within(dialog).getByRole('button', { name: /how the text is written/ }),
    );
    await userEvent.type(
      within(dialog).getByLabelText(/Words for "no value"/),
      '-, n. a.',
    );
    expect(
      within(dialog).getByText(/nullWords: \["-","n\. a\."\]/),
    ).toBeInTheDocument();
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Register version' }),
    );
    expect(start).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'masses' },
      body: { dialect: { nullWords: ['-', 'n. a.'] } },
    });
  });

  const openForm = async () => {
    const dialog = await openDialog();
    await userEvent.click(
      within(dialog).getByRole('button', { name: /how the text is written/ }),
    );
    return dialog;
  };

  it('shows the first rows as they would be read, with their types, and again after each change', async () => {
    const preview = jest.fn<
      ReturnType<MlDataApi['previewDatasetVersion']>,
      Parameters<MlDataApi['previewDatasetVersion']>
    >(async () => aPreview({ notes: ['f.csv: 1 empty line left out'] }));
    open([diagnostics], aDataApi(2, { previewDatasetVersion: preview }));
    const dialog = await openForm();
    const table = await within(dialog).findByRole('table', {
      name: 'First rows',
    });
    expect(within(table).getByText('DOUBLE')).toBeInTheDocument();
    expect(
      within(table)
        .getAllByRole('row')
        .map(row => row.textContent),
    ).toEqual([
      'RowradiusDOUBLElabelVARCHARnoteVARCHAR',
      '117.9M–',
      '211.2B""',
    ]);
    expect(within(dialog).getByText(/1 empty line left out/)).toBeVisible();
    expect(
      within(dialog).getByText(/2 of 2 rows .* All of the data was looked at/),
    ).toBeVisible();
    expect(preview.mock.calls.map(([request]) => request)).toEqual([
      { params: { namespace: 'default', name: 'masses' }, body: {} },
    ]);
    await userEvent.type(
      within(dialog).getByLabelText(/Words for "no value"/),
      'M',
    );
    await waitFor(() => expect(preview).toHaveBeenCalledTimes(2));
    expect(preview.mock.calls[1][0].body).toEqual({
      dialect: { nullWords: ['M'] },
    });
    // Nobody waits for the first any more.
    expect(preview.mock.calls[0][1]?.signal?.aborted).toBe(true);
  });

  it('shows in the preview where and why the data would be refused', async () => {
    open(
      [diagnostics],
      aDataApi(2, {
        previewDatasetVersion: async () =>
          aPreview({
            ...{ columns: [], allColumns: 0, rows: [], lookedRows: 0 },
            refused: {
              message: 'there are 4 values, but the header names 3',
              ...{ file: 'masses.csv', line: 6, column: 12 },
            },
          }),
      }),
    );
    const dialog = await openForm();
    expect(
      await within(dialog).findByText('masses.csv, line 6, column 12'),
    ).toBeInTheDocument();
    expect(within(dialog).getByText(/there are 4 values/)).toBeInTheDocument();
    expect(within(dialog).queryByRole('table')).not.toBeInTheDocument();
  });

  it('says in the preview what was not looked at, that there are no rows, and why there is none', async () => {
    const preview = jest
      .fn()
      .mockResolvedValueOnce(
        aPreview({
          ...{ complete: false, allFiles: 3, rows: [], lookedRows: 0 },
          files: [{ path: 'a.csv', size: 4096, looked: 1024 }],
        }),
      )
      .mockRejectedValueOnce(new Error('No data at masses.csv'));
    open([diagnostics], aDataApi(2, { previewDatasetVersion: preview }));
    const dialog = await openForm();
    expect(
      await within(dialog).findByText(
        /Only the beginning was looked at: .* in 1 of 3 files/,
      ),
    ).toBeInTheDocument();
    expect(
      within(dialog).getByText(
        'There are names and no rows: radius, label, note',
      ),
    ).toBeInTheDocument();
    await userEvent.type(
      within(dialog).getByLabelText(/Words for "no value"/),
      'M',
    );
    expect(
      await within(dialog).findByText('No data at masses.csv'),
    ).toBeInTheDocument();
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
