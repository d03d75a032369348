export interface Config {
  auth?: {
    providers?: {
      example?: {
        /**
         * The people one may enter as, in development only.
         * @deepVisibility frontend
         */
        people?: Array<{ entityRef: string; name?: string; title?: string }>;
      };
    };
  };
}
