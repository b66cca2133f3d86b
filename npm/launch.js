#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs the program of the bundle beside this file, with the same arguments, streams, signals and exit code.
'use strict'
const { spawn } = require('node:child_process')
const { constants } = require('node:os')
const path = require('node:path')

/** Why the bundle cannot run here; undefined: it can. */
function unsupported() {
  if (process.platform !== 'linux') return `this package runs on Linux, and this is ${process.platform}`
  if (process.arch !== 'x64') return `this package runs on x86-64, and this is ${process.arch}`
  const libc = process.report?.getReport().header.glibcVersionRuntime
  if (!libc) return 'this package needs glibc, and this system has another C library (musl, as Alpine does)'
  const [major, minor] = libc.split('.').map(Number)
  if (major < 2 || (major === 2 && minor < 34)) return `this package needs glibc 2.34 or later, and this is ${libc}`
}

const why = unsupported()
if (why) {
  console.error(`error: tidegate: ${why}\n  hint: use an image with a newer glibc, such as node:20-slim, or build tidegate from its sources`)
  process.exit(2)
}
const child = spawn(path.join(__dirname, 'bundle', 'bin', 'tidegate'), process.argv.slice(2), { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`error: tidegate could not be started: ${error.message}`)
  process.exit(2)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
