// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: one class a command, messages that name what was required and got, and exit
 * codes. To add a command: a class here, listed at {@link org.rigor.run.cli.Rigor}.
 */
package org.rigor.run.cli;
