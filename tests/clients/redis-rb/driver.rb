# frozen_string_literal: true

# ruby driver.rb REQUEST: an application with redis-rb 4, which knows the seeds, the CA and its credentials, no more.

require 'json'
require 'redis'

FIRST_ROUND = 22
FURTHER_ROUND = 14
# A silent node is tried twice at connecting, and as often again at every key and every reload.
SECONDS = 1

def plain(request)
  scheme = request['tls'] ? 'rediss' : 'redis'
  options = {
    cluster: request['seeds'].map { |host, port| { host: host, port: port } },
    scheme: scheme,
    timeout: SECONDS,
    username: request['username'],
    password: request['password']
  }.compact
  options[:ssl_params] = ssl_params(request) if request['tls']
  Redis.new(options)
end

def ssl_params(request)
  params = { ca_file: request['ca'] }.compact
  return params unless request['cert']

  params.merge(cert: OpenSSL::X509::Certificate.new(File.read(request['cert'])),
               key: OpenSSL::PKey.read(File.read(request['key'])))
end

# The emitted file defines `connect` and nothing else.
def mapped(file)
  Object.new.tap { |scope| scope.instance_eval(File.read(file), file) }.connect
end

# One round: what became of each key, and what was said. It can be printed at any moment.
class Round
  def initialize(keys)
    @keys = keys.to_h { |key| [key, 'no answer'] }
    @said = []
  end

  def try(key, client, failed)
    @keys[key] = failed || touch(client, key)
  rescue StandardError => e
    @keys[key] = failure(e)
  end

  # Says an error and what it was raised from; answers its own text.
  def failure(error)
    cause = error
    while cause
      @said << "#{cause.class}: #{cause.message}"
      cause = cause.cause
    end
    error.message.empty? ? error.class.to_s : error.message
  end

  def print
    puts JSON.generate(keys: @keys, said: @said.uniq.map(&:scrub), inner: [])
    $stdout.flush
  end

  private

  def touch(client, key)
    client.set(key, key)
    value = client.get(key)
    value == key ? nil : "came back as #{value.inspect}"
  end
end

def watch(round, seconds)
  Thread.new do
    sleep seconds
    round.print
    exit!(0)
  end
end

def main(file)
  request = JSON.parse(File.read(file))
  round = Round.new(request['keys'])
  watchdog = watch(round, FIRST_ROUND)
  begin
    client = request['config'] ? mapped(request['config']) : plain(request)
  rescue StandardError => e
    failed = round.failure(e)
  end
  request['rounds'].times do |done|
    if done.positive?
      break unless $stdin.gets

      round = Round.new(request['keys'])
      watchdog = watch(round, FURTHER_ROUND)
    end
    request['keys'].each { |key| round.try(key, client, failed) }
    watchdog.kill
    round.print
  end
end

main(*ARGV)
