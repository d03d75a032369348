import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { audited, auditedRefusal, refusalsAudited } from './audited';
import { callerOf } from '../caller/caller';

describe('the audit trail', () => {
  const start = () => {
    const event = { success: jest.fn(), fail: jest.fn() };
    const createEvent = jest.fn(async () => event);
    return {
      event,
      createEvent,
      auditor: mockServices.auditor.mock({ createEvent }),
    };
  };
  const context = {
    eventId: 'thing-change',
    meta: { actor: 'user:default/ann' },
  };

  it('says what was tried before it is done, and how it ended', async () => {
    const { auditor, createEvent, event } = start();
    const work = jest.fn(async () => {
      expect(createEvent).toHaveBeenCalledWith({
        ...context,
        severityLevel: 'medium',
      });
      return 7;
    });
    const result = await audited(
      auditor,
      { ...context, result: version => ({ version }) },
      work,
    );
    expect(result).toBe(7);
    expect(event.success).toHaveBeenCalledWith({ meta: { version: 7 } });
    expect(event.fail).not.toHaveBeenCalled();
  });

  it('keeps why it failed, and lets the failure through', async () => {
    const { auditor, event } = start();
    const error = new Error('Somebody else holds it');
    await expect(
      audited(auditor, context, async () => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(event.fail).toHaveBeenCalledWith({ error });
    expect(event.success).not.toHaveBeenCalled();
  });

  it('writes nothing for a question that was allowed, and a refusal', async () => {
    const { auditor, createEvent, event } = start();
    await auditedRefusal(auditor, context, async () => {});
    expect(createEvent).not.toHaveBeenCalled();
    await expect(
      auditedRefusal(auditor, context, async () => {
        throw new Error('Not yours');
      }),
    ).rejects.toThrow('Not yours');
    expect(event.fail).toHaveBeenCalledTimes(1);
  });

  it('is told of a refused change once, also by several callers, and of no other failure', async () => {
    const { auditor, createEvent, event } = start();
    const caller = callerOf(mockCredentials.user('user:default/ann'));
    const change = { caller, meta: { operation: 'changeThing' } };
    const refusal = new NotAllowedError('Not yours');
    const refused = async () => {
      throw refusal;
    };
    await expect(refusalsAudited(auditor, change, refused)).rejects.toBe(
      refusal,
    );
    expect(createEvent).toHaveBeenCalledWith(
      expect.objectContaining({
        eventId: 'change-refused',
        meta: { actor: 'user:default/ann', operation: 'changeThing' },
      }),
    );
    expect(event.fail).toHaveBeenCalledWith({ error: refusal });

    createEvent.mockClear();
    const told = () =>
      audited(auditor, context, async () => {
        throw new NotAllowedError('Not yours');
      });
    await expect(refusalsAudited(auditor, change, told)).rejects.toThrow();
    expect(createEvent).toHaveBeenCalledTimes(1);
    createEvent.mockClear();
    await expect(
      refusalsAudited(auditor, change, async () => {
        throw new NotFoundError('No such thing');
      }),
    ).rejects.toThrow('No such thing');
    expect(await refusalsAudited(auditor, change, async () => 7)).toBe(7);
    expect(createEvent).not.toHaveBeenCalled();
  });
});
