import { useState } from 'react';
import type { TokenScope } from '@downstage/common';
import {
  createTokenSchema,
  tokenNameSchema,
  type CreatedToken,
  type OfferedScope,
} from '@downstage/plugin-ml-tokens-common';
import { useAction, useMe, Reason } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Checkbox,
  CheckboxGroup,
  DialogBody,
  DialogFooter,
  Flex,
  Select,
  Text,
  TextField,
} from '@backstage/ui';
import { mlTokensApiRef } from '../api';
import { mlTokensTranslationRef } from '../translation';

const ALL = 'all';
const MODEL = 'model';

/** The scopes that the page has words for, in the order in which it shows them. */
const knownScopes = [
  'read',
  'track',
  'register',
  'promote',
  'train',
  'data',
  'serve',
  'predict',
  'monitor',
] as const;
type KnownScope = (typeof knownScopes)[number];

function isKnown(scope: TokenScope): scope is KnownScope {
  return knownScopes.some(known => known === scope);
}

/** The known scopes first; then those of other plugins, as the portal lists them. */
function inOrder(scopes: OfferedScope[]): OfferedScope[] {
  const known = knownScopes.flatMap(name =>
    scopes.filter(scope => scope.name === name),
  );
  return [...known, ...scopes.filter(({ name }) => !isKnown(name))];
}

/** What a new token is called, as whom it acts, what it may do, and until when. */
export function CreateTokenForm(props: {
  lifetimes: { defaultDays: number; maxDays: number };
  /** What tokens of this portal can be made for. */
  scopes: OfferedScope[];
  onMade: (made: CreatedToken) => void;
  onClose: () => void;
}) {
  const { lifetimes, onMade, onClose } = props;
  const api = useApi(mlTokensApiRef);
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const me = useMe();
  const action = useAction();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState<string>();
  const [chosen, setChosen] = useState<TokenScope[]>(['track']);
  const [reach, setReach] = useState(ALL);
  const [model, setModel] = useState('');
  const [days, setDays] = useState(lifetimes.defaultDays);

  const groups = (me?.ownershipEntityRefs ?? []).filter(ref =>
    ref.startsWith('group:'),
  );
  const self = me?.userEntityRef ?? '';
  const service = owner !== undefined && owner !== self;
  const nameFits = tokenNameSchema.safeParse(name).success;
  const binding = {
    ...(reach === MODEL && { model: model.trim() }),
    ...(groups.includes(reach) && !service && { group: reach }),
  };
  const offered = inOrder(props.scopes).filter(
    ({ personal }) => !service || !personal,
  );
  const scopes = offered
    .map(({ name: scope }) => scope)
    .filter(scope => chosen.includes(scope));
  const asked = createTokenSchema.safeParse({
    name,
    scopes,
    expiresInDays: days,
    ...(service && { group: owner }),
    ...(Object.keys(binding).length > 0 && { binding }),
  });
  const choices = [
    ...new Set([7, 30, 90, 180, 365, lifetimes.defaultDays, lifetimes.maxDays]),
  ]
    .filter(value => value <= lifetimes.maxDays)
    .sort((a, b) => a - b);

  const confirm = () =>
    asked.success &&
    action.run(async () => onMade(await api.createToken({ body: asked.data })));

  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="4">
          <TextField
            label={t('create.name')}
            description={
              name && !nameFits ? t('create.nameWrong') : t('create.nameHint')
            }
            value={name}
            onChange={setName}
            isRequired
            isInvalid={name !== '' && !nameFits}
            maxLength={63}
          />
          <Select
            label={t('create.actsAs')}
            options={[
              { value: self, label: t('create.myself', { person: self }) },
              ...groups.map(group => ({
                value: group,
                label: t('create.group', { group }),
              })),
            ]}
            value={owner ?? self}
            onChange={key => {
              setOwner(String(key ?? self));
              if (reach !== MODEL) setReach(ALL);
            }}
          />
          <CheckboxGroup
            label={t('create.scopes')}
            description={t('create.scopesHint')}
            value={scopes}
            onChange={setChosen}
            isRequired
          >
            {offered.map(scope => (
              <Checkbox key={scope.name} value={scope.name}>
                <Text weight="bold">{scope.name}</Text>{' '}
                <Text color="secondary">
                  {isKnown(scope.name)
                    ? t(`scopes.${scope.name}`)
                    : t('scopes.other', {
                        permissions: scope.permissions.join(', '),
                      })}
                </Text>
              </Checkbox>
            ))}
          </CheckboxGroup>
          <Select
            label={t('create.reach')}
            options={[
              { value: ALL, label: t('create.reachAll') },
              ...(service ? [] : groups).map(group => ({
                value: group,
                label: t('create.reachGroup', { group }),
              })),
              { value: MODEL, label: t('create.reachModel') },
            ]}
            value={reach}
            onChange={key => setReach(String(key ?? ALL))}
          />
          {reach === MODEL && (
            <TextField
              label={t('create.model')}
              description={t('create.modelHint')}
              value={model}
              onChange={setModel}
              isRequired
            />
          )}
          <Select
            label={t('create.expires')}
            options={choices.map(value => ({
              value: String(value),
              label: t('create.days', { days: String(value) }),
            }))}
            value={String(days)}
            onChange={key => setDays(Number(key ?? lifetimes.defaultDays))}
          />
          {action.error && (
            <Alert
              status="danger"
              title={t('create.failed')}
              description={<Reason error={action.error} />}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          isDisabled={!asked.success}
          isPending={action.pending}
          onPress={confirm}
        >
          {t('create.confirm')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('create.cancel')}
        </Button>
      </DialogFooter>
    </>
  );
}
