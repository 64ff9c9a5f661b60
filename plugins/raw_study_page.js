// A study's page in Orthanc Explorer: which projects have the study, and a button that sends it to one.
// Orthanc Explorer is jQuery 1.7 with jQuery Mobile 1.1; values only ever become text, never HTML.
(function ($) {
  "use strict";

  var POLL_MS = 3000;
  var COLOURS = {
    exported: "#2e7d32",
    missing: "#6d4c41",
    held: "#b26a00",
    rejected: "#6d4c41",
    failed: "#b71c1c"
  };
  var IN_FLIGHT = "#1a5fb4";
  var timer = null;
  var asked = 0;

  function panel() {
    return $("#pixl");
  }

  function currentStudy() {
    return $.mobile.pageData && $.mobile.pageData.uuid;
  }

  function when(iso) {
    var date = new Date(iso);
    return isNaN(date.getTime()) ? iso : date.toLocaleString();
  }

  function badge(state) {
    return $("<span>")
      .text(state)
      .css({
        background: COLOURS[state] || IN_FLIGHT,
        color: "#fff",
        "text-shadow": "none",
        "border-radius": "0.7em",
        padding: "0.15em 0.7em",
        "font-size": "0.9em"
      });
  }

  function cell(content) {
    var td = $("<td>").css({
      padding: "0.45em 1em 0.45em 0",
      "border-top": "1px solid #ddd",
      "vertical-align": "top"
    });
    return typeof content === "string" ? td.text(content) : td.append(content);
  }

  function head(title) {
    return $("<th>").text(title).css({ "text-align": "left", "font-weight": "normal", color: "#666", padding: "0 1em 0.3em 0" });
  }

  function showStates(states) {
    var body = panel().find(".pixl-states").empty();
    if (!states.length) {
      body.append($("<p>").text("No project has asked for this study.").css("color", "#666"));
      return;
    }
    var table = $("<table>").css({ "border-collapse": "collapse", width: "100%" });
    table.append($("<tr>").append(head("Project"), head("State"), head("Reason"), head("Since")));
    $.each(states, function (_, study) {
      table.append(
        $("<tr>").append(cell(study.project), cell(badge(study.state)), cell(study.reason || ""), cell(when(study.since)))
      );
    });
    body.append(table);
  }

  function showMessage(text, colour) {
    panel().find(".pixl-message").text(text).css("color", colour).toggle(!!text);
  }

  function reasonOf(request) {
    if (request.status === 0) {
      return "orthanc-raw does not answer.";
    }
    if (request.status === 503) {
      return "PIXL's ledger does not answer.";
    }
    try {
      return JSON.parse(request.responseText).reason;
    } catch (error) {
      return "orthanc-raw answered HTTP " + request.status + ".";
    }
  }

  function showAway(reason) {
    panel().find(".pixl-away").text(reason + " What is shown may be old; trying again.").show();
  }

  // `asked` makes the answer to an older question, or for another study, go unseen.
  function ask(options, done, failed) {
    var number = ++asked;
    options.dataType = "json";
    options.cache = false;
    options.timeout = 30000;
    options.success = function (answer) {
      if (number === asked) {
        panel().find(".pixl-away").hide();
        done(answer);
      }
    };
    options.error = function (request) {
      if (number === asked) {
        failed(reasonOf(request));
      }
    };
    options.complete = function () {
      if (number === asked) {
        schedule();
      }
    };
    $.ajax(options);
  }

  function refresh() {
    ask({ url: "../pixl/studies/" + currentStudy() }, showStates, showAway);
  }

  function schedule() {
    clearTimeout(timer);
    if ($.mobile.activePage && $.mobile.activePage.attr("id") === "study") {
      timer = setTimeout(refresh, POLL_MS);
    }
  }

  function send() {
    var project = panel().find("select").val();
    clearTimeout(timer);
    showMessage("Sending to " + project + " …", "#666");
    ask(
      {
        url: "../pixl/studies/" + currentStudy() + "/send",
        type: "POST",
        contentType: "application/json",
        data: JSON.stringify({ project: project })
      },
      function (states) {
        showMessage("Sent to " + project + ". What becomes of it shows below.", "#2e7d32");
        showStates(states);
      },
      function (reason) {
        showMessage("Not sent to " + project + ". " + reason, "#b71c1c");
      }
    );
    return false;
  }

  function fillProjects() {
    $.ajax({
      url: "../pixl/projects",
      dataType: "json",
      cache: false,
      success: function (names) {
        var select = panel().find("select").empty();
        $.each(names, function (_, name) {
          select.append($("<option>").attr("value", name).text(name));
        });
        panel().find(".pixl-send").toggle(names.length > 0);
        panel().find(".pixl-none").toggle(names.length === 0);
      },
      error: function (request) {
        showAway(reasonOf(request));
      }
    });
  }

  function build() {
    var box = $("<div>", { id: "pixl" }).css({
      border: "1px solid #ccc",
      "border-radius": "0.6em",
      background: "#fff",
      margin: "0 0 1.2em 0",
      padding: "0.8em 1.2em 1em"
    });
    var button = $("<button>", { type: "button", id: "pixl-send" })
      .text("Send")
      .attr("data-role", "none")
      .css({ font: "inherit", padding: "0.35em 1.4em", "margin-left": "0.6em", cursor: "pointer" })
      .click(send);
    var select = $("<select>", { id: "pixl-project" })
      .attr("data-role", "none")
      .css({ font: "inherit", padding: "0.3em 0.5em", "margin-left": "0.6em", "min-width": "12em" });
    box.append(
      $("<h3>").text("PIXL").css({ margin: "0 0 0.5em" }),
      $("<div>")
        .addClass("pixl-send")
        .css("margin-bottom", "0.8em")
        .hide()
        .append($("<label>").attr("for", "pixl-project").text("Send this study to project"), select, button),
      $("<p>").addClass("pixl-none").text("There is no project yet: pixl project new").hide(),
      $("<p>").addClass("pixl-message").attr("role", "status").css("margin", "0 0 0.6em").hide(),
      $("<p>")
        .addClass("pixl-away")
        .attr("role", "alert")
        .css({ margin: "0 0 0.6em", padding: "0.5em 0.8em", background: "#fdecea", color: "#b71c1c", "border-radius": "0.4em" })
        .hide(),
      $("<div>").addClass("pixl-states")
    );
    return box;
  }

  $("#study").live("pagebeforeshow", function () {
    if (!panel().length) {
      $("#list-series").parent().prepend(build());
    }
    panel().find(".pixl-states").empty();
    panel().find(".pixl-away").hide();
    showMessage("", "");
    fillProjects();
  });

  $("#study").live("pageshow", refresh);

  $("#study").live("pagehide", function () {
    clearTimeout(timer);
    asked += 1;
  });
})(jQuery);
