import { configApiRef } from '@backstage/frontend-plugin-api';
import {
  mockApis,
  renderInTestApp,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ComponentProps } from 'react';
import { PublishPicker } from './PublishPicker';

type Props = ComponentProps<typeof PublishPicker>;

/** A form that has nothing but this field. */
function someProps(change: Partial<Props>): Props {
  return JSON.parse('{"schema":{"title":"Repository"}}', (key, value) =>
    key === '' ? Object.assign(value, { onChange: () => {} }, change) : value,
  );
}

function show(integrations: { host: string }[], props: Partial<Props>) {
  const config = mockApis.config({
    data: { integrations: { github: integrations } },
  });
  renderInTestApp(
    <TestApiProvider apis={[[configApiRef, config]]}>
      <PublishPicker {...someProps(props)} />
    </TestApiProvider>,
  );
}

describe('the publish picker', () => {
  it('offers this machine alone when no git host is configured', async () => {
    show([], {});
    expect(await screen.findAllByRole('radio')).toHaveLength(1);
    expect(screen.getByLabelText("On this portal's machine")).toBeChecked();
  });

  it('offers a configured host and asks for the organisation there', async () => {
    const onChange = jest.fn();
    show([{ host: 'github.acme.com' }], { onChange });
    await userEvent.click(await screen.findByLabelText('github.acme.com'));
    expect(onChange).toHaveBeenCalledWith('github.acme.com?owner=');
  });

  it('shows what was chosen', async () => {
    show([{ host: 'github.com' }], { formData: 'github.com?owner=acme' });
    expect(await screen.findByLabelText(/Organisation/)).toHaveValue('acme');
  });
});
