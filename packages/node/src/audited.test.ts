import { mockServices } from '@backstage/backend-test-utils';
import { audited, auditedRefusal } from './audited';

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
  const about = {
    eventId: 'thing-change',
    meta: { actor: 'user:default/ann' },
  };

  it('says what was tried before it is done, and how it ended', async () => {
    const { auditor, createEvent, event } = start();
    const work = jest.fn(async () => {
      expect(createEvent).toHaveBeenCalledWith({
        ...about,
        severityLevel: 'medium',
      });
      return 7;
    });
    const result = await audited(
      auditor,
      { ...about, result: version => ({ version }) },
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
      audited(auditor, about, async () => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(event.fail).toHaveBeenCalledWith({ error });
    expect(event.success).not.toHaveBeenCalled();
  });

  it('writes nothing for a question that was allowed, and a refusal', async () => {
    const { auditor, createEvent, event } = start();
    await auditedRefusal(auditor, about, async () => {});
    expect(createEvent).not.toHaveBeenCalled();
    await expect(
      auditedRefusal(auditor, about, async () => {
        throw new Error('Not yours');
      }),
    ).rejects.toThrow('Not yours');
    expect(event.fail).toHaveBeenCalledTimes(1);
  });
});
