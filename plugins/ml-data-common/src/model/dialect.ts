import { z } from 'zod';

/** The encodings that text can be read in. */
export const textEncodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'latin-1',
  'iso-8859-2',
  'iso-8859-15',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'koi8-r',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'gb18030',
  'big5',
] as const;

/** How a text file is written, as far as somebody says it. Missing settings are found in the file. */
export const datasetDialectSchema = z.strictObject({
  delimiter: z
    .string()
    .length(1)
    .regex(/^[^\r\n"0-9A-Za-z.\0]$/, 'Expected one character such as , or ;')
    .optional(),
  quote: z
    .string()
    .length(1)
    .regex(/^[^\r\n\0]$/, 'Expected one character')
    .optional(),
  decimal: z.enum(['.', ',']).optional(),
  thousands: z.enum([',', '.', ' ', "'", '_']).optional(),
  /** `false` when the first line holds values and no names. */
  header: z.boolean().optional(),
  encoding: z.enum(textEncodings).optional(),
  /** Words that mean "no value" in every column, text included. */
  nullWords: z.array(z.string().max(100)).max(50).optional(),
});
export type DatasetDialect = z.infer<typeof datasetDialectSchema>;
