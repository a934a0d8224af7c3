/**
 * What is told of options, one sentence each, by the declarations that the configuration reads them
 * with.
 */
import {
  type ClientAddressOptions,
  ipv6PrefixOption,
  trustedProxiesOptions,
} from '../../src/http/client-address.ts'
import { passwordOptions } from '../../src/passwords/options.ts'

export function passwordProblems(options: unknown): readonly string[] {
  return passwordOptions.read(options, 'passwords').problems
}

export function clientAddressProblems(options: ClientAddressOptions): readonly string[] {
  const { trustedProxies = {}, ipv6Prefix = 64 } = options
  return [
    ...trustedProxiesOptions.read(trustedProxies, 'trustedProxies').problems,
    ...ipv6PrefixOption.judge(ipv6Prefix, 'ipv6Prefix').problems,
  ]
}
