/** The code of runc(8), which comes later than that of the daemon: importing this file provides it. */
import './runc.ts';
