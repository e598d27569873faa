// SPDX-License-Identifier: Apache-2.0
/**
 * Files that can be made again, kept in a private folder of the user: code compiled at run time.
 */
package org.rigor.cache;
