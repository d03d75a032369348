export interface Config {
  mlRegistry?: {
    artifacts?: {
      /** Keeps artifacts in a bucket of S3 or of a server that speaks its API, instead of a folder. */
      s3?: {
        /** Must exist. */
        bucket: string;
        /** Folder in the bucket; the whole bucket unless given. */
        prefix?: string;
        /** Address of a server other than AWS: `https://minio.example.com`. */
        endpoint?: string;
        /** `us-east-1` unless given. */
        region?: string;
        /** Bucket in the path rather than in the host name; the default when there is an endpoint. */
        forcePathStyle?: boolean;
        /** With secretAccessKey; unless given, the default chain of the AWS SDK is used. */
        accessKeyId?: string;
        /** @visibility secret */
        secretAccessKey?: string;
      };
    };
  };
}
