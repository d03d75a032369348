export interface Config {
  auth?: {
    providers?: {
      example?: {
        /**
         * The people one may enter as, in development only.
         * @deepVisibility frontend
         */
        people?: Array<{ entityRef: string; name?: string; title?: string }>;
        /**
         * More host names under which one may sign in without a password, beside localhost, addresses of digits, and
         * the names in `app.baseUrl` and `backend.baseUrl`.
         */
        allowedHosts?: string[];
      };
    };
  };
}
