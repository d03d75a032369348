import type { ReactNode } from 'react';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
} from '@backstage/ui';
import { Reason } from '../showing/NamedText';
import { useAction, type Success } from './useAction';

/**
 * Asks once more before something is changed, and then does it. Stays open with the reason when it could not be done.
 *
 * @example
 * ```tsx
 * <ConfirmDialog
 *   title="Take down churn" text="Callers get no answer any more."
 *   words={{ confirm: 'Take down', cancel: 'Keep it', failed: 'It could not be taken down' }}
 *   destructive change={() => api.deleteEndpoint({ params })} onDone={close} onClose={close}
 * />
 * ```
 */
export function ConfirmDialog(props: {
  title: string;
  text?: string;
  /** What has to be said or chosen first. */
  children?: ReactNode;
  /** On the button that does it, on the one that does not, and above the reason when it failed. */
  words: { confirm: string; cancel: string; failed: string };
  /** The change cannot be undone, or hurts somebody. */
  destructive?: boolean;
  /** Not until everything that has to be said was said. */
  isDisabled?: boolean;
  change: () => Promise<unknown>;
  /** What the toast says; without it, the page itself shows what changed. */
  success?: Success;
  onClose: () => void;
  onDone: () => void;
}) {
  const { title, text, children, words, change, success } = props;
  const action = useAction();
  const confirm = async () => {
    if (await action.run(change, success)) props.onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && props.onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{title}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          {text && <Text>{text}</Text>}
          {children}
          {action.error && (
            <Alert
              status="danger"
              title={words.failed}
              description={<Reason error={action.error} />}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          destructive={props.destructive}
          isDisabled={props.isDisabled}
          isPending={action.pending}
          onPress={confirm}
        >
          {words.confirm}
        </Button>
        <Button variant="secondary" onPress={props.onClose}>
          {words.cancel}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
