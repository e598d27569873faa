// SPDX-License-Identifier: Apache-2.0
/**
 * The run folder: results with checksums, the resolved study, provenance, and a lock. Files are
 * replaced atomically, so a crash leaves the old or the new one.
 */
package org.rigor.run.store;
