import type { HumanDuration } from '@backstage/types';

export interface Config {
  /** The model registry and its MLflow API. */
  mlRegistry?: {
    /**
     * Who has to approve, per risk class and stage: so many different people of these roles. Unless given: one member
     * of the owning group, two where the risk is high. Requester and author never count.
     */
    approvals?: {
      [risk in 'minimal' | 'limited' | 'high']?: {
        [stage in 'candidate' | 'production']?: {
          count: number;
          /** `owner`, or refs such as `group:default/model-risk`; `owner` unless given. */
          roles?: string[];
          /** Whether one of every role has to be among them. */
          everyRole?: boolean;
        };
      };
    };
    /** Fields of the model card that have to be filled before candidate and production, where the entity names none. */
    cardFields?: { [risk in 'minimal' | 'limited' | 'high']?: string[] };
    /** Patterns of aliases that only the version in production may have, beside champion, production, challenger. */
    protectedAliases?: string[];
    /** Patterns of tags that are part of what is approved; `downstage.*` unless given. */
    policyTags?: string[];
    /** Whose OpenSSF model signatures count. Nobody's unless given. */
    signing?: {
      /** Public keys: each in PEM here, or in a file. */
      trusted?: {
        /** Shown beside what it signed. */
        name: string;
        publicKey?: string;
        publicKeyFile?: string;
      }[];
      /** Authorities whose certificates may sign: each in PEM here, or in a file. */
      roots?: {
        name: string;
        certificate?: string;
        certificateFile?: string;
      }[];
    };
    /**
     * Places outside this server that versions may be registered from, and experiments may keep their files in. Nobody
     * vouches for what lies there: such versions have a failed gate `files` that an approver may waive. None unless given.
     */
    externalSources?: {
      /** A scheme and a prefix such as `s3://bucket/models`: it and everything below it. */
      location: string;
      /** Owners of models and experiments that may name it, such as `group:default/credit`; all unless given. */
      owners?: string[];
    }[];
    import?: {
      /**
       * Hosts, with a port or without, whose MLflow servers may be imported though they are inside or speak plain http.
       */
      allow?: string[];
    };
    webhooks?: {
      /**
       * Hosts, with a port or without, that webhooks may be sent to though they are inside or speak plain http. All
       * others have to be public and speak https.
       */
      allow?: string[];
      /**
       * Seals the secrets of webhooks and the tokens of imports in the database. Unless given, a key is made once and
       * kept in `registry-secrets.key` in `downstage.dataDir`; several portals that do not share that folder need the
       * same one here.
       * @visibility secret
       */
      secretKey?: string;
    };
    /** How long deleted runs, logged models and experiments can be restored before they count as garbage; 30 days unless given. */
    retention?: HumanDuration;
    artifacts?: {
      /** Folder the artifacts are kept in; `artifacts` in `downstage.dataDir` unless given. */
      directory?: string;
      /**
       * Signs short-lived addresses of parts and downloads. Unless given, a key is made once and kept in the folder; several
       * portals that do not share the folder need the same one here.
       * @visibility secret
       */
      signingKey?: string;
    };
  };
}
