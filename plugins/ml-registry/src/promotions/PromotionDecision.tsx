import { useState } from 'react';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { useAction, useMe, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text, TextField } from '@backstage/ui';
import { RiCheckLine, RiCloseLine } from '@remixicon/react';
import { approverStanding } from './approverStanding';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** What the signed-in person may do about an open promotion, or why there is nothing they may do. */
export function PromotionDecision(props: {
  promotion: Promotion;
  onChanged: () => void;
}) {
  const { promotion, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const me = useMe();
  const [comment, setComment] = useState('');
  const standing = approverStanding({
    me,
    owner: promotion.owner,
    author: promotion.author,
    promotion,
  });
  const version = String(promotion.version);
  const params = { id: promotion.id };
  const text = comment.trim();
  const decide = async (change: () => Promise<unknown>, title: string) => {
    if (await action.run(change, { title })) onChanged();
  };

  return (
    <Flex direction="column" gap="3">
      {standing.may ? (
        <>
          <TextField
            label={t('promotion.comment')}
            value={comment}
            onChange={setComment}
          />
          <Flex gap="2">
            <Button
              variant="primary"
              iconStart={<RiCheckLine />}
              isPending={action.pending}
              onPress={() =>
                decide(
                  () =>
                    api.approvePromotion({
                      params,
                      body: text ? { comment: text } : {},
                    }),
                  t('promotion.approved', { version }),
                )
              }
            >
              {t('promotion.approve')}
            </Button>
            <Button
              variant="secondary"
              destructive
              iconStart={<RiCloseLine />}
              isDisabled={!text || action.pending}
              onPress={() =>
                decide(
                  () =>
                    api.rejectPromotion({ params, body: { comment: text } }),
                  t('promotion.rejected', { version }),
                )
              }
            >
              {t('promotion.reject')}
            </Button>
            {!text && (
              <Text color="secondary" variant="body-small">
                {t('promotion.rejectComment')}
              </Text>
            )}
          </Flex>
        </>
      ) : (
        me && <Text color="secondary">{t(`standing.${standing.reason}`)}</Text>
      )}
      {me?.userEntityRef === promotion.requestedBy && (
        <Flex>
          <Button
            variant="secondary"
            isPending={action.pending}
            onPress={() =>
              decide(
                () => api.withdrawPromotion({ params }),
                t('promotion.withdrawn', { version }),
              )
            }
          >
            {t('promotion.withdraw')}
          </Button>
        </Flex>
      )}
      {action.error && (
        <Alert
          status="danger"
          title={t('promotion.decisionFailed')}
          description={<Reason error={action.error} />}
        />
      )}
    </Flex>
  );
}
