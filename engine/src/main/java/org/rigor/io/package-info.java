// SPDX-License-Identifier: Apache-2.0
/**
 * File formats. Every file is treated as hostile: no stated length, range or count is trusted
 * before the bytes are read, and every error is a {@link org.rigor.io.DataException} of one
 * sentence.
 */
package org.rigor.io;
