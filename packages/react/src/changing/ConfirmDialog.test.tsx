import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ConfirmDialog } from './ConfirmDialog';

const words = { confirm: 'Delete', cancel: 'Keep', failed: 'Not deleted' };

describe('ConfirmDialog', () => {
  const show = (change: () => Promise<unknown>, isDisabled = false) => {
    const onDone = jest.fn();
    const onClose = jest.fn();
    renderInTestApp(
      <ConfirmDialog
        title="Delete it?"
        text="It is gone then."
        {...{ words, change, isDisabled, onDone, onClose }}
      />,
    );
    return { onDone, onClose };
  };

  it('does it when it is confirmed', async () => {
    const change = jest.fn(async () => {});
    const { onDone } = show(change);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Delete' }),
    );
    expect(change).toHaveBeenCalledTimes(1);
    expect(onDone).toHaveBeenCalledTimes(1);
  });

  it('does nothing when it is not', async () => {
    const change = jest.fn(async () => {});
    const { onClose } = show(change);
    await userEvent.click(await screen.findByRole('button', { name: 'Keep' }));
    expect(change).not.toHaveBeenCalled();
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it('stays open and says why it could not be done', async () => {
    const { onDone } = show(async () => {
      throw new Error('Somebody else holds it');
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Delete' }),
    );
    expect(await screen.findByText('Not deleted')).toBeInTheDocument();
    expect(screen.getByText('Somebody else holds it')).toBeInTheDocument();
    expect(onDone).not.toHaveBeenCalled();
  });

  it('waits until what has to be said was said', async () => {
    show(async () => {}, true);
    expect(
      await screen.findByRole('button', { name: 'Delete' }),
    ).toBeDisabled();
  });
});
