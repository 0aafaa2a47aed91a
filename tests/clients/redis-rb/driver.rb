# frozen_string_literal: true

# ruby driver.rb REQUEST: an application with redis-rb 4, which knows the seeds, the CA and its credentials, no more.

require 'json'
require 'redis'
require 'timeout'

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
    @inner = []
  end

  def try(key, client)
    @keys[key] = touch(client.call, key)
  rescue StandardError => e
    @keys[key] = failure(e)
  end

  def failed?
    @keys.values.any?
  end

  def add(inner)
    @inner << inner
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
    puts JSON.generate(keys: @keys, said: @said.uniq.map(&:scrub), inner: @inner.uniq.map(&:scrub))
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

# The client, made when it is first wanted; where that fails at once, the next key tries anew, as the next request of an
# application does.
class Later
  def initialize(&make)
    @make = make
  end

  def call
    raise @failed if @failed

    @client ||= make
  end

  private

  def make
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    @make.call
  rescue StandardError => e
    @failed = e if Process.clock_gettime(Process::CLOCK_MONOTONIC) - began > SECONDS / 2.0
    raise
  end
end

# What redis-rb does not pass on: why a name does not resolve, and the alert that a server sends after the handshake, which
# is lost where the client writes first. The same with nothing but Ruby's sockets.
def by_hand(request, round)
  host, port = request['seeds'][0]
  announced(request, host, port).each { |node| open_socket(request, *node, &:close) }
rescue StandardError => e
  round.add("#{e.class}: #{e.message}")
end

def announced(request, host, port)
  open_socket(request, host, port) do |socket|
    await_alert(socket) if request['tls']
    socket.write("CLUSTER SLOTS\r\n")
    fields = Timeout.timeout(SECONDS, Timeout::Error, 'timed out') { socket.readpartial(65_536) }.split("\r\n")
    fields.each_cons(3).select { |length, _, tail| length.start_with?('$') && tail.start_with?(':') }
          .map { |_, name, tail| [name, tail.delete_prefix(':').to_i] }
  end
end

def await_alert(socket)
  Timeout.timeout(0.2) { socket.readpartial(1) }
rescue Timeout::Error
  nil
end

def open_socket(request, host, port)
  socket = Socket.tcp(host, port, connect_timeout: SECONDS)
  return yield socket unless request['tls']

  context = OpenSSL::SSL::SSLContext.new
  context.set_params(ssl_params(request))
  tls = OpenSSL::SSL::SSLSocket.new(socket, context)
  tls.hostname = host
  Timeout.timeout(SECONDS, Timeout::Error, 'timed out') { tls.connect }
  yield tls
end

def main(file)
  request = JSON.parse(File.read(file))
  round = Round.new(request['keys'])
  watchdog = watch(round, FIRST_ROUND)
  client = Later.new { request['config'] ? mapped(request['config']) : plain(request) }
  request['rounds'].times do |done|
    if done.positive?
      break unless $stdin.gets

      round = Round.new(request['keys'])
      watchdog = watch(round, FURTHER_ROUND)
    end
    request['keys'].each { |key| round.try(key, client) }
    by_hand(request, round) if round.failed? && !request['config']
    watchdog.kill
    round.print
  end
end

main(*ARGV)
