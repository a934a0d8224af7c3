import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { cookieValues } from '../../src/http/cookies.ts'

const read = (header: string, name = '__Host-session_id') =>
  cookieValues(new Headers({ cookie: header }), name)

describe('Cookies of a request', () => {
  test('are read by name, in their order, and decoded', () => {
    expect(read('a=1; __Host-session_id=x; b=2;__Host-session_id=%41')).toEqual(['x', 'A'])
    expect(read('__Host-session_id=%F0')).toEqual(['%F0'])
    expect(read('__Host-session_id=')).toEqual([''])
  })

  test('that are none have no values', () => {
    for (const header of ['', ';', '=', '; =; ', '__Host-session_id', 'x__Host-session_id=1']) {
      expect(read(header)).toEqual([])
    }
    expect(read('a=1', '__proto__')).toEqual([])
    expect(read('toString=1', 'constructor')).toEqual([])
  })

  // A browser lets anybody set a cookie whose name only begins with a blank of Unicode.
  test('have the name that the browser knows, whatever looks like a blank before it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...'\u0085\u00a0\u001f\u000b\u000c\u00ad'), (blank) => {
        expect(read(`a=1;${blank}__Host-session_id=planted`)).toEqual([])
      }),
    )
  })

  test('are sixteen of one name at most, and no other one is decoded', () => {
    const decode = vi.spyOn(globalThis, 'decodeURIComponent')
    expect(read('other=%F0; '.repeat(600))).toEqual([])
    expect(read(`__Host-session_id=x; ${'other=%F0; '.repeat(600)}`)).toEqual(['x'])
    expect(read('__Host-session_id=%F0; '.repeat(600))).toHaveLength(16)
    expect(decode).toHaveBeenCalledTimes(16)
  })
})
