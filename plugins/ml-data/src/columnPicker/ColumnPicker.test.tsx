import { useState, type ComponentProps } from 'react';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  renderInTestApp,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { mlDataApiRef, type MlDataApi } from '../shared/api';
import { aDataApi, aVersion } from '../testUtils';
import { ColumnPicker } from './ColumnPicker';

type Props = ComponentProps<typeof ColumnPicker>;

/** A form that has a dataset and this field. */
function someProps(change: Partial<Props>): Props {
  return JSON.parse(
    '{"schema":{"title":"Target","description":"What to predict"},"uiSchema":{}}',
    (key, value) => (key === '' ? Object.assign(value, change) : value),
  );
}

function show(
  getDatasetVersion: MlDataApi['getDatasetVersion'],
  options: { dataset?: string; typed?: string } = {},
) {
  const onChange = jest.fn();
  const Form = () => {
    const [value, setValue] = useState(options.typed);
    return (
      <ColumnPicker
        {...someProps({
          formContext: { formData: { dataset: options.dataset } },
          formData: value,
          onChange: (next: string | undefined) => {
            onChange(next);
            setValue(next);
          },
        })}
      />
    );
  };
  renderInTestApp(
    <TestApiProvider
      apis={[[mlDataApiRef, aDataApi(1, { getDatasetVersion })]]}
    >
      <Form />
    </TestApiProvider>,
  );
  return onChange;
}

const masses = 'dataset:default/masses';

describe('the field for a column of a dataset', () => {
  it('lists the columns of the latest version with their types, and guesses one', async () => {
    const getDatasetVersion = jest.fn(async () => aVersion(3));
    const onChange = show(getDatasetVersion, { dataset: masses });
    expect(
      await screen.findByText(/Guessed from default\/masses@3/),
    ).toBeInTheDocument();
    expect(onChange).toHaveBeenCalledWith('diagnosis');
    expect(getDatasetVersion).toHaveBeenCalledWith(
      {
        params: { namespace: 'default', name: 'masses', version: 'latest' },
      },
      expect.anything(),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Open' }));
    expect(
      screen.getAllByRole('option').map(option => option.textContent),
    ).toEqual(['radiusDOUBLE', 'diagnosisVARCHAR']);
    await userEvent.click(screen.getByRole('option', { name: /radius/ }));
    expect(onChange).toHaveBeenLastCalledWith('radius');
  });

  it('keeps what was chosen before', async () => {
    const onChange = show(async () => aVersion(3), {
      dataset: masses,
      typed: 'radius',
    });
    expect(
      await screen.findByText(/Columns of default\/masses@3/),
    ).toBeInTheDocument();
    expect(onChange).not.toHaveBeenCalled();
  });

  it('replaces a name that the dataset does not have', async () => {
    const onChange = show(async () => aVersion(3), {
      dataset: masses,
      typed: 'cultivar',
    });
    await screen.findByText(/Guessed from/);
    expect(onChange).toHaveBeenCalledWith('diagnosis');
  });

  it('lets the name be typed where the columns may not be read, and says why', async () => {
    const onChange = show(
      async () => {
        throw new NotAllowedError('Ask group:default/credit for a grant');
      },
      { dataset: masses },
    );
    expect(
      await screen.findByText(/Ask group:default\/credit for a grant/),
    ).toBeInTheDocument();
    await userEvent.type(screen.getByRole('textbox'), 'y');
    expect(onChange).toHaveBeenLastCalledWith('y');
  });

  it('says that a version has to be registered first', async () => {
    show(
      async () => {
        throw new NotFoundError('No version');
      },
      { dataset: masses },
    );
    expect(
      await screen.findByText(/No version of the dataset is registered yet/),
    ).toBeInTheDocument();
  });

  it('waits for the dataset to be chosen', async () => {
    show(async () => aVersion(3));
    expect(
      await screen.findByText(/Choose the dataset first/),
    ).toBeInTheDocument();
  });
});
