// SPDX-License-Identifier: Apache-2.0
/**
 * What the command line and the studies share: exit codes, failures, and the service by which an
 * engine is found.
 */
package org.rigor.run;
