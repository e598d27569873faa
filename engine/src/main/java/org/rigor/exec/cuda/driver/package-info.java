// SPDX-License-Identifier: Apache-2.0
/** JCuda's driver API and cuBLAS as closeable Java objects whose failures name the call. */
package org.rigor.exec.cuda.driver;
