/** Bytes of one name. Source: NAME_MAX of Linux. */
export const MAX_NAME_BYTES = 255;
/** Bytes of a path without its terminating zero. Source: PATH_MAX of Linux, which counts that zero. */
export const MAX_PATH_BYTES = 4095;
